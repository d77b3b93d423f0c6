using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Policies;

namespace SafeDiffusion;

/// <summary>What to draw, and how. Immutable; checked when generation starts, before the first step.</summary>
/// <param name="Prompt">The text to draw, at most <see cref="MaxTextLength"/> characters. Empty or whitespace is allowed: it is the null prompt.</param>
public sealed record GenerationRequest(string Prompt)
{
    /// <summary>Denoising steps where nothing else is said, here, in the tool, in suites and in learning: 25.</summary>
    public const int DefaultSteps = 25;

    /// <summary>The guidance scale where nothing else is said, here, in the tool, in suites and in learning: 7.5.</summary>
    public const float DefaultGuidanceScale = 7.5f;

    /// <summary>The share of the steps that is taken from an initial picture on where nothing else is said: 0.8.</summary>
    public const float DefaultStrength = 0.8f;

    /// <summary>The most pictures at a time: all are kept in memory until the last is drawn.</summary>
    public const int MaxCount = 1000;

    /// <summary>The most characters (UTF-16) of a prompt or a negative prompt: CLIP reads 77 tokens, and reports keep texts whole.</summary>
    public const int MaxTextLength = 10_000;

    /// <summary>The protections to apply. None by default.</summary>
    public SafetyPolicy Policy { get; init; } = SafetyPolicy.Empty;

    /// <summary>The text that takes the null condition's place in classifier-free guidance; null for the empty text; at most <see cref="MaxTextLength"/> characters.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>
    /// The seed of the first picture, read as PyTorch's CPU generator reads it (its low 32 bits count). Picture <c>i</c> uses
    /// <c>Seed + i</c>, so that each can be made again alone.
    /// </summary>
    public long Seed { get; init; }

    /// <summary>Denoising steps, 1 to the scheduler's number of training steps (1000); <see cref="DefaultSteps"/> by default.</summary>
    public int Steps { get; init; } = DefaultSteps;

    /// <summary>The guidance scale <c>g</c> of classifier-free guidance, at least 1; 1 is the prompt's prediction alone.</summary>
    public float GuidanceScale { get; init; } = DefaultGuidanceScale;

    /// <summary>DDIM's eta, 0 (deterministic) to 1.</summary>
    public float Eta { get; init; }

    /// <summary>The width in pixels; null for that of the initial picture or latents, or the model's own.</summary>
    public int? Width { get; init; }

    /// <summary>The height in pixels; null for that of the initial picture or latents, or the model's own.</summary>
    public int? Height { get; init; }

    /// <summary>How many pictures, from consecutive seeds, 1 to <see cref="MaxCount"/>.</summary>
    public int Count { get; init; } = 1;

    /// <summary>A picture to start from (image-to-image); needs the model's VAE encoder.</summary>
    public RgbImage? InitialImage { get; init; }

    /// <summary>
    /// How the initial picture is brought to the size that is drawn: the one asked for, or the nearest that the model draws. Null, the
    /// default: a picture of another size is refused.
    /// </summary>
    public ImageFit? InitialImageFit { get; init; }

    /// <summary>How much of the initial picture is redrawn, 0 (exclusive) to 1: the share of the steps that are taken.</summary>
    public float Strength { get; init; } = DefaultStrength;

    /// <summary>
    /// The text under which the initial picture is inverted by DDIM, instead of being noised: empty for the null text. Without a protection,
    /// under the same text at guidance scale 1, it comes back, up to the inversion's error. Null, the default, for noise.
    /// </summary>
    public string? InitialImageInversion { get; init; }

    /// <summary>
    /// Latents to start from instead of the seed's noise, <c>[Count, C, H, W]</c> on the latent grid; with
    /// <see cref="InitialImage"/> they are the noise that is added to it.
    /// </summary>
    public StoredTensor? InitialLatents { get; init; }

    /// <summary>Whether the result keeps the latents of every step (<see cref="GenerationResult.Latents"/>).</summary>
    public bool KeepLatents { get; init; }

    /// <summary>Every how many steps progress carries previews (the predicted picture, decoded); 0 for never.</summary>
    public int PreviewEvery { get; init; }

    /// <summary>
    /// Every how many steps, and after the last, the result keeps a heat map of each protection that detects
    /// (<see cref="GenerationResult.HeatMaps"/>); 0 for never. Each costs one decoding.
    /// </summary>
    public int HeatMapEvery { get; init; }

    /// <summary>
    /// Whether literal special tokens in texts (<c>&lt;|endoftext|&gt;</c>) keep their meaning, as in the reference tokenizer.
    /// By default they are escaped and named in the report, because they would move the first end-of-text.
    /// </summary>
    public bool KeepSpecialTokens { get; init; }
}
