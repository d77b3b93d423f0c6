using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Quantizing;

/// <summary>How a model is calibrated and quantised.</summary>
public sealed record QuantizationOptions
{
    /// <summary>The accuracy that is kept by default, in decibels.</summary>
    public const double DefaultBudget = 40;

    /// <summary>Harmless prompts for models of photographs and drawings, where none are given.</summary>
    public static IReadOnlyList<string> NeutralPrompts { get; } =
    [
        "a photograph of a house by a lake", "a bowl of fruit on a wooden table, oil painting", "a red bicycle leaning against a brick wall", "portrait of an old sailor with a beard",
        "a city street at night in the rain", "a watercolour of mountains under clouds", "a dog running on a beach", "a bunch of flowers in a vase, soft light",
        "an astronaut riding a horse, digital art", "a plate of pasta, close up", "a medieval castle on a hill at sunset", "a child's drawing of a rocket",
    ];

    /// <summary>
    /// What is drawn to observe the model, 2 prompts or more, in words that it knows; the last quarter only measures the result. Null, the
    /// default: <see cref="NeutralPrompts"/>.
    /// </summary>
    public IReadOnlyList<string>? Prompts { get; init; }

    /// <summary>The seed of the first picture; the others have those that follow.</summary>
    public long Seed { get; init; }

    /// <summary>Steps of a picture, 1 to 1000.</summary>
    public int Steps { get; init; } = GenerationRequest.DefaultSteps;

    /// <summary>At how many of them, evenly spread, the model is observed; 1 or more.</summary>
    public int Timesteps { get; init; } = 8;

    /// <summary>How strongly the prompt guides.</summary>
    public float GuidanceScale { get; init; } = GenerationRequest.DefaultGuidanceScale;

    /// <summary>Width of the pictures in pixels; null for the model's own.</summary>
    public int? Width { get; init; }

    /// <summary>Height of the pictures in pixels; null for the model's own.</summary>
    public int? Height { get; init; }

    /// <summary>
    /// Power of the noise prediction over that of its error that is to be kept, in decibels, above 0: layers that would cost more than their share
    /// stay float. It is the mean over the samples, each weighted by how much noise is left at its timestep (1 - ᾱ).
    /// </summary>
    public double Budget { get; init; } = DefaultBudget;

    /// <summary>
    /// At how many samples each layer's own cost is measured; every layer takes loading the UNet once. 0: none is measured, all layers are
    /// quantised, and <see cref="Budget"/> is not looked at.
    /// </summary>
    public int SensitivitySamples { get; init; } = 6;

    /// <summary>
    /// Whether the VAE decoder runs in whole numbers as well; false by default. <see cref="Budget"/> and <see cref="SensitivitySamples"/> hold for
    /// it, of the pictures that it decodes.
    /// </summary>
    public bool VaeDecoder { get; init; }

    /// <summary>Threads of one network call; null leaves it to ONNX Runtime.</summary>
    public int? Threads { get; init; }

    /// <exception cref="InvalidRequestException">A value is out of its range.</exception>
    internal void Check()
    {
        if (Prompts is { Count: < 2 }) throw new InvalidRequestException("prompts", $"are {Prompts.Count}; 2 or more are needed, since the last quarter only measures.");
        if (Steps is < 1 or > 1000) throw new InvalidRequestException("steps", $"must be 1 to 1000, and is {Steps}.");
        if (Timesteps < 1 || Timesteps > Steps) throw new InvalidRequestException("timesteps", $"must be 1 to the steps ({Steps}), and is {Timesteps}.");
        if (!(Budget > 0) || !double.IsFinite(Budget)) throw new InvalidRequestException("budget", $"must be above 0, and is {Budget}.");
        if (SensitivitySamples < 0) throw new InvalidRequestException("sensitivitySamples", $"must be 0 or more, and is {SensitivitySamples}.");
        if (Threads is < 1) throw new InvalidRequestException("threads", $"must be at least 1, and is {Threads}.");
    }
}
