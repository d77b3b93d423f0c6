using System.CommandLine;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Training;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The options that say how a guideline is learned.</summary>
internal sealed class LearnMethodOptions
{
    private static readonly GuidelineLearningOptions _defaults = new() { Concept = "" };

    private readonly Option<string> _concept = new("--concept") { Description = "The concept in words.", Required = true };
    private readonly Option<string[]> _synonyms = new("--synonym") { Description = "Another word that spells the concept in a prompt, for detect-and-redraw; may be repeated." };
    private readonly Option<string?> _instead = new("--instead") { Description = "What detect-and-redraw is to draw in its place, with its article; best far from all that is to be kept, and drawn well by the model." };
    private readonly Option<string> _layers = new("--layers")
    {
        Description = "The cross-attention layers to read: grid factors (2,4), numbers as inspect counts them (#4,#5), or names.",
        DefaultValueFactory = _ => _defaults.Layers.Text,
    };
    private readonly Option<string> _method = new("--method")
    {
        Description = "How to learn.",
        HelpName = string.Join('|', Enum.GetValues<GuidelineMethod>().Select(Name)),
        DefaultValueFactory = _ => Name(_defaults.Method),
    };
    private readonly Option<double> _learningRate = new("--learning-rate") { Description = "SGD's learning rate.", DefaultValueFactory = _ => _defaults.LearningRate };
    private readonly Option<int> _stepsPerPicture = new("--steps-per-picture") { Description = "SGD's steps per picture that shows the concept.", DefaultValueFactory = _ => _defaults.StepsPerPicture };
    private readonly Option<double> _ridge = new("--ridge") { Description = "Newton's pull of the token towards zero.", DefaultValueFactory = _ => _defaults.Ridge };
    private readonly Option<int> _hardRounds = new("--hard-rounds") { Description = "How often Newton learns again with more weight on harmless pictures' highest scores.", DefaultValueFactory = _ => _defaults.HardRounds };
    private readonly Option<double> _conceptWeight = new("--concept-weight") { Description = "How much a cell of the concept counts against another.", DefaultValueFactory = _ => _defaults.ConceptWeight };
    private readonly Option<double> _maskWidths = new("--mask-widths")
    {
        Description = "How far the edit mask reaches, in widths of the fitted logistic.",
        DefaultValueFactory = _ => _defaults.MaskWidths,
    };
    private readonly Option<double> _falseTriggers = new("--false-triggers")
    {
        Description = "The share of harmless pictures that may be taken for the concept in a step.",
        DefaultValueFactory = _ => _defaults.FalseTriggers,
    };
    private readonly Option<double> _heldOut = new("--held-out") { Description = "The share of pictures that are only measured on.", DefaultValueFactory = _ => _defaults.HeldOut };
    private readonly Option<double> _cacheLimit = new("--cache-limit") { Description = "The most features on disk while learning, in GiB.", DefaultValueFactory = _ => _defaults.CacheLimit >> 30 };

    public void AddTo(Command command)
    {
        Option[] options = [_concept, _synonyms, _instead, _layers, _method, _learningRate, _stepsPerPicture, _ridge, _hardRounds, _conceptWeight, _falseTriggers, _maskWidths, _heldOut, _cacheLimit];
        foreach (Option option in options) command.Options.Add(option);
    }

    /// <exception cref="InvalidRequestException">The method or the layers are unknown.</exception>
    public GuidelineLearningOptions Read(ParseResult parsed) => new()
    {
        Concept = parsed.GetRequiredValue(_concept),
        Synonyms = parsed.GetValue(_synonyms) ?? [],
        Instead = parsed.GetValue(_instead),
        Layers = Layers(parsed.GetRequiredValue(_layers)),
        Method = Method(parsed.GetRequiredValue(_method)),
        LearningRate = parsed.GetValue(_learningRate),
        StepsPerPicture = parsed.GetValue(_stepsPerPicture),
        Ridge = parsed.GetValue(_ridge),
        HardRounds = parsed.GetValue(_hardRounds),
        ConceptWeight = parsed.GetValue(_conceptWeight),
        FalseTriggers = parsed.GetValue(_falseTriggers),
        MaskWidths = parsed.GetValue(_maskWidths),
        HeldOut = parsed.GetValue(_heldOut),
        CacheLimit = (long)(parsed.GetValue(_cacheLimit) * (1L << 30)),
    };

    private static string Name(GuidelineMethod method) => method.ToString().ToLowerInvariant();

    /// <exception cref="InvalidRequestException">The text selects no layers.</exception>
    internal static LayerSelection Layers(string text)
    {
        try
        {
            return LayerSelection.Parse(text);
        }
        catch (FormatException error)
        {
            throw new InvalidRequestException("--layers", error.Message);
        }
    }

    private static GuidelineMethod Method(string name)
    {
        foreach (GuidelineMethod method in Enum.GetValues<GuidelineMethod>())
        {
            if (Name(method) == name) return method;
        }
        throw new InvalidRequestException("--method", $"is '{name}'; known are {string.Join(" and ", Enum.GetValues<GuidelineMethod>().Select(Name))}.");
    }
}
