using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Training.Annotation;

namespace SafeDiffusion.Composing.Assets;

/// <summary>What assets are learned from, and how the model is run for it.</summary>
public sealed record LearningTask
{
    /// <summary>The model folder.</summary>
    public required string Model { get; init; }

    /// <summary>The SHA-256 of the model's weights, in hexadecimal.</summary>
    public required string WeightsHash { get; init; }

    /// <summary>The concept, in words.</summary>
    public required string Concept { get; init; }

    /// <summary>Its other names.</summary>
    public required IReadOnlyList<string> Synonyms { get; init; }

    /// <summary>What prompts ask for by the concept's own words: the concept, and its kinds where there are any; a colour's kinds alone.</summary>
    public required IReadOnlyList<string> Asked { get; init; }

    /// <summary>What is drawn in its place, in words; null where there is nothing.</summary>
    public required string? Instead { get; init; }

    /// <summary>Near misses and harmless things that are to be kept, in words.</summary>
    public required IReadOnlyList<string> Keep { get; init; }

    /// <summary>Prompts that draw the concept, of templates that are used for learning alone.</summary>
    public required IReadOnlyList<string> Prompts { get; init; }

    /// <summary>Prompts that do not, near misses and pairs of them among them.</summary>
    public required IReadOnlyList<string> SafePrompts { get; init; }

    /// <summary>Prompts that somebody brought, which draw it without naming it or anything else that is known.</summary>
    public IReadOnlyList<string> OwnPrompts { get; init; } = [];

    /// <summary>Marks the concept in pictures; null where nothing can, and what needs it is not learned.</summary>
    public required IMaskAnnotator? Annotator { get; init; }

    /// <summary>Pictures to draw that show the concept.</summary>
    public required int UnsafePictures { get; init; }

    /// <summary>Pictures to draw that do not.</summary>
    public required int SafePictures { get; init; }

    /// <summary>Denoising steps.</summary>
    public required int Steps { get; init; }

    /// <summary>The guidance scale.</summary>
    public required float GuidanceScale { get; init; }

    /// <summary>The first picture's seed.</summary>
    public required long Seed { get; init; }

    /// <summary>The layers that detection reads.</summary>
    public required LayerSelection Layers { get; init; }

    /// <summary>How the model is run.</summary>
    public required PipelineOptions Pipeline { get; init; }
}
