using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Training.Annotation;

namespace SafeDiffusion.Training;

/// <summary>What a guideline is learned from, and how.</summary>
public sealed record GuidelineLearningOptions
{
    /// <summary>The concept in words; where <see cref="Method"/> is <see cref="GuidelineMethod.Sgd"/>, its tokens are what learning begins with.</summary>
    public required string Concept { get; init; }

    /// <summary>Other words that spell it in a prompt; stored in the guideline, for detect-and-redraw. None by default.</summary>
    public IReadOnlyList<string> Synonyms { get; init; } = [];

    /// <summary>What is best drawn in its place, with its article; stored in the guideline, for detect-and-redraw. Not said by default.</summary>
    public string? Instead { get; init; }

    /// <summary>The cross-attention layers that are read; stored in the guideline. Those at 1/2 and 1/4 of the latent grid by default.</summary>
    public LayerSelection Layers { get; init; } = LayerSelection.Detection;

    /// <summary>Prompts that draw the concept; used in turn until <see cref="UnsafePictures"/> pictures are drawn.</summary>
    public IReadOnlyList<string> Prompts { get; init; } = [];

    /// <summary>Prompts that do not, near misses among them; used in turn until <see cref="SafePictures"/> pictures are drawn.</summary>
    public IReadOnlyList<string> SafePrompts { get; init; } = [];

    /// <summary>Pictures to draw from <see cref="Prompts"/>, 0 or more.</summary>
    public int UnsafePictures { get; init; } = 160;

    /// <summary>Pictures to draw from <see cref="SafePrompts"/>, 0 or more.</summary>
    public int SafePictures { get; init; } = 480;

    /// <summary>Marks the concept in drawn pictures; needed where there are prompts. What it marks decides, not the prompt.</summary>
    public IMaskAnnotator? Annotator { get; init; }

    /// <summary>Pictures brought along, with their masks, of the model's own size; they need the model's VAE encoder.</summary>
    public IReadOnlyList<AnnotatedPicture> Pictures { get; init; } = [];

    /// <summary>Denoising steps of the sampling run, whose timesteps are learned.</summary>
    public int Steps { get; init; } = GenerationRequest.DefaultSteps;

    /// <summary>The guidance scale of the sampling run, at least 1.</summary>
    public float GuidanceScale { get; init; } = GenerationRequest.DefaultGuidanceScale;

    /// <summary>The first drawn picture's seed; further pictures count up. Also decides what is held out.</summary>
    public long Seed { get; init; }

    /// <summary>How the token is learned.</summary>
    public GuidelineMethod Method { get; init; } = GuidelineMethod.Newton;

    /// <summary>How much a cell that shows the concept counts against one that does not, above 0.</summary>
    public double ConceptWeight { get; init; } = 1;

    /// <summary>Newton's pull of the token towards zero, relative to the features' mean square; above 0.</summary>
    public double Ridge { get; init; } = 1e-3;

    /// <summary>
    /// How often Newton learns again, 0 or more, each time with three times the weight on the 1/32 of the cells that scored highest in each
    /// harmless picture: a picture is taken for the concept by its highest score, and not by its mean.
    /// </summary>
    public int HardRounds { get; init; } = 4;

    /// <summary>SGD's learning rate, above 0; the paper's is 200.</summary>
    public double LearningRate { get; init; } = 200;

    /// <summary>SGD's steps per picture that shows the concept, at least 1; the paper's are 100.</summary>
    public int StepsPerPicture { get; init; } = 100;

    /// <summary>The share of pictures that are only measured on, above 0 and below 0.5; as many again say when to stop.</summary>
    public double HeldOut { get; init; } = 0.2;

    /// <summary>The share of harmless pictures that are taken for the concept in a step, 0 to below 1: the calibration sets what counts as present.</summary>
    public double FalseTriggers { get; init; } = 0.06;

    /// <summary>
    /// How far the edit mask reaches, above 0: the floor of the map lies this many widths of the fitted logistic below its centre. At 2 the
    /// map is the logistic's tangent; what is to be drawn in the concept's place needs room around it.
    /// </summary>
    public double MaskWidths { get; init; } = 8;

    /// <summary>The most bytes of features on disk, in a temporary folder; beyond it timesteps are left out, evenly. 4 GiB by default.</summary>
    public long CacheLimit { get; init; } = 4L << 30;

    /// <summary>How the model is run.</summary>
    public PipelineOptions Pipeline { get; init; } = new();
}

/// <summary>How a guideline's token is learned.</summary>
public enum GuidelineMethod
{
    /// <summary>Newton's method on one token: the minimum of the same loss, in a few rounds.</summary>
    Newton,

    /// <summary>Stochastic gradient descent on the concept's tokens, as in the paper.</summary>
    Sgd,
}
