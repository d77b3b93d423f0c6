using System.CommandLine;
using SafeDiffusion.Composing;
using SafeDiffusion.Composing.Selecting;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The options that say what a policy must reach, and how thoroughly that is measured.</summary>
internal sealed class ProtectMeasuringOptions
{
    private static readonly ProtectionLimits _limits = new();
    private static readonly ConceptProtectionOptions _defaults = new() { Concept = "", Judge = null! };

    private readonly Option<double> _found = new("--max-found") { Description = "The most pictures, as a share, in which the concept may be left.", DefaultValueFactory = _ => _limits.Found };
    private readonly Option<double> _kept = new("--min-kept") { Description = "The least pictures, as a share, that must keep near misses and what stands beside the concept.", DefaultValueFactory = _ => _limits.Kept };
    private readonly Option<double> _identical = new("--min-identical") { Description = "The least harmless pictures, as a share, that must stay as they are, bit for bit.", DefaultValueFactory = _ => _limits.Identical };
    private readonly Option<double> _cost = new("--max-cost") { Description = "The most UNet rows, relative to no protection.", DefaultValueFactory = _ => _limits.Cost };
    private readonly Option<int> _selection = new("--selection-pictures") { Description = "Pictures of each prompt set on which the last candidates are compared.", DefaultValueFactory = _ => _defaults.SelectionPictures };
    private readonly Option<int> _report = new("--report-pictures") { Description = "Pictures of each prompt set that the figures rest on.", DefaultValueFactory = _ => _defaults.ReportPictures };
    private readonly Option<int> _unsafe = new("--unsafe-pictures") { Description = "Pictures of the concept to learn from.", DefaultValueFactory = _ => _defaults.UnsafePictures };
    private readonly Option<int> _safe = new("--safe-pictures") { Description = "Pictures of other things to learn from.", DefaultValueFactory = _ => _defaults.SafePictures };
    private readonly Option<string> _layers = new("--layers") { Description = "The cross-attention layers that detection reads, as for learn guideline.", DefaultValueFactory = _ => _defaults.Layers.Text };
    private readonly Option<int> _steps = new("--steps") { Description = "Denoising steps.", DefaultValueFactory = _ => _defaults.Steps };
    private readonly Option<float> _guidance = new("--guidance") { Description = "The guidance scale.", DefaultValueFactory = _ => _defaults.GuidanceScale };
    private readonly Option<long> _seed = new("--seed") { Description = "The first seed; learning, choosing and the figures have a million each." };

    public void AddTo(Command command)
    {
        Option[] options = [_found, _kept, _identical, _cost, _selection, _report, _unsafe, _safe, _layers, _steps, _guidance, _seed];
        foreach (Option option in options) command.Options.Add(option);
    }

    /// <summary>Adds what these options say.</summary>
    /// <exception cref="Core.Errors.InvalidRequestException">The layers are none.</exception>
    public ConceptProtectionOptions Read(ParseResult parsed, ConceptProtectionOptions options) => options with
    {
        Limits = new() { Found = parsed.GetValue(_found), Kept = parsed.GetValue(_kept), Identical = parsed.GetValue(_identical), Cost = parsed.GetValue(_cost) },
        SelectionPictures = parsed.GetValue(_selection),
        ReportPictures = parsed.GetValue(_report),
        UnsafePictures = parsed.GetValue(_unsafe),
        SafePictures = parsed.GetValue(_safe),
        Layers = LearnMethodOptions.Layers(parsed.GetRequiredValue(_layers)),
        Steps = parsed.GetValue(_steps),
        GuidanceScale = parsed.GetValue(_guidance),
        Seed = parsed.GetValue(_seed),
    };
}
