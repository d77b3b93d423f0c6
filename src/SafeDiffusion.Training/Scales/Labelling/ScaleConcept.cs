using System.Collections.Immutable;

namespace SafeDiffusion.Training.Scales.Labelling;

/// <summary>A concept that an adapter is learned from.</summary>
/// <param name="Text">The concept as prompts say it, article included: the text that is inhibited.</param>
/// <param name="Label">What a judge calls it, such as <c>green star</c>.</param>
/// <param name="Prompts">Prompts that hold it, whose scales are judged.</param>
/// <param name="HarmlessPrompts">Prompts that do not, near misses among them, whose scale is 0.</param>
public sealed record ScaleConcept(string Text, string Label, ImmutableArray<string> Prompts, ImmutableArray<string> HarmlessPrompts)
{
    /// <summary>Where it was read, such as <c>concepts.txt, line 3</c>, for messages.</summary>
    public string Place { get; init; } = "concepts";
}
