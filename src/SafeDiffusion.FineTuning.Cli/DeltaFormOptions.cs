using System.CommandLine;
using System.Globalization;
using SafeDiffusion.FineTuning.Training;
using SafeDiffusion.Methods.FineTuned;

namespace SafeDiffusion.FineTuning.Cli;

/// <summary>The options that say how a delta is stored.</summary>
internal sealed class DeltaFormOptions
{
    private readonly Option<DeltaPrecision> _precision = new("--precision") { Description = "float32, or float16 for half the file: of what was added to the weights." };
    private readonly Option<int?> _rank = new("--rank") { Description = "Store what was added to each weight as two factors of this rank (default: whole weights)." };

    public IEnumerable<Option> All => [_precision, _rank];

    public DeltaForm Read(ParseResult parsed) => new(parsed.GetValue(_precision), parsed.GetValue(_rank));

    /// <summary>Says what storing has lost, where it has.</summary>
    public static void TellError(WeightDelta delta, bool quiet)
    {
        if (delta.Error is { } error && !quiet) Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"stored with an error of {100 * error:0.###} % of the change"));
    }
}
