using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Training.Scales;
using SafeDiffusion.Training.Scales.Labelling;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The options that say what an adapter is learned from, and how.</summary>
internal sealed class LearnAdapterOptions
{
    private static readonly AdapterLearningOptions _defaults = new() { Concepts = [] };

    private readonly Option<string> _concepts = new("--concepts") { Description = "A text file of concepts and prompts with and without them.", Required = true };
    private readonly Option<string> _preset = new("--preset")
    {
        Description = "The settings of growth inhibition that the adapter is for.",
        HelpName = string.Join('|', Enum.GetValues<GrowthInhibitorPreset>().Select(Name)),
        DefaultValueFactory = _ => Name(_defaults.Preset),
    };
    private readonly Option<string> _scales = new("--scales")
    {
        Description = "The suppression scales at which prompts are drawn, from 0 up.",
        DefaultValueFactory = _ => string.Join(',', _defaults.Scales.Select(scale => scale.ToString(CultureInfo.InvariantCulture))),
    };
    private readonly Option<int> _seeds = new("--seeds") { Description = "Pictures of each prompt, each from a seed of its own.", DefaultValueFactory = _ => _defaults.Seeds };
    private readonly Option<long> _seed = new("--seed") { Description = "The first seed; also decides what is held out, and how the network begins." };
    private readonly Option<int> _steps = new("--steps") { Description = "Denoising steps, of which the first is read.", DefaultValueFactory = _ => _defaults.Steps };
    private readonly Option<float> _guidance = new("--guidance") { Description = "The guidance scale of drawn pictures.", DefaultValueFactory = _ => _defaults.GuidanceScale };
    private readonly Option<double> _heldOut = new("--held-out") { Description = "The share of prompts that are only measured on.", DefaultValueFactory = _ => _defaults.HeldOut };
    private readonly Option<double> _harmlessTarget = new("--harmless-target")
    {
        Description = "What is aimed at where nothing is to be inhibited, at most 0; the lower, the more is left alone, harmless or not.",
        DefaultValueFactory = _ => _defaults.HarmlessTarget,
    };
    private readonly Option<int> _epochs = new("--epochs") { Description = "Steps of Adam, each over all pictures.", DefaultValueFactory = _ => _defaults.Epochs };
    private readonly Option<double> _learningRate = new("--learning-rate") { Description = "Adam's learning rate.", DefaultValueFactory = _ => _defaults.LearningRate };

    public void AddTo(Command command)
    {
        Option[] options = [_concepts, _preset, _scales, _seeds, _seed, _steps, _guidance, _heldOut, _harmlessTarget, _epochs, _learningRate];
        foreach (Option option in options) command.Options.Add(option);
    }

    /// <summary>The concepts' file.</summary>
    public string File(ParseResult parsed) => parsed.GetRequiredValue(_concepts);

    /// <exception cref="InvalidRequestException">The preset or the scales are none.</exception>
    /// <exception cref="InvalidFileException">The concepts' file is missing, or not of its form.</exception>
    public AdapterLearningOptions Read(ParseResult parsed) => new()
    {
        Preset = Preset(parsed.GetRequiredValue(_preset)),
        Scales = Scales(parsed.GetRequiredValue(_scales)),
        Seeds = parsed.GetValue(_seeds),
        Seed = parsed.GetValue(_seed),
        Steps = parsed.GetValue(_steps),
        GuidanceScale = parsed.GetValue(_guidance),
        HeldOut = parsed.GetValue(_heldOut),
        HarmlessTarget = parsed.GetValue(_harmlessTarget),
        Epochs = parsed.GetValue(_epochs),
        LearningRate = parsed.GetValue(_learningRate),
        Concepts = ScaleConceptFile.Read(File(parsed)),
    };

    private static string Name(GrowthInhibitorPreset preset) => preset.ToString().ToLowerInvariant();

    private static GrowthInhibitorPreset Preset(string name)
    {
        foreach (GrowthInhibitorPreset preset in Enum.GetValues<GrowthInhibitorPreset>())
        {
            if (Name(preset) == name) return preset;
        }
        throw new InvalidRequestException("--preset", $"is '{name}'; known are {string.Join(" and ", Enum.GetValues<GrowthInhibitorPreset>().Select(Name))}.");
    }

    private static ImmutableArray<float> Scales(string text) =>
    [
        .. text.Split(',', StringSplitOptions.TrimEntries).Select(part => float.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out float scale)
            ? scale
            : throw new InvalidRequestException("--scales", $"holds '{part}', which is no number; write them as 0,2,5,10.")),
    ];
}
