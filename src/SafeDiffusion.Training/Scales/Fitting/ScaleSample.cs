namespace SafeDiffusion.Training.Scales.Fitting;

/// <summary>One picture that an adapter is learned from or measured on.</summary>
/// <param name="Concept">The concept's number.</param>
/// <param name="Prompt">The number of concept and prompt together.</param>
/// <param name="IsHarmless">Whether the prompt does not hold the concept.</param>
/// <param name="Responses">What the first step responds to each own token, <c>[tokens][L]</c>.</param>
/// <param name="Scale">The best scale; 0 for a harmless prompt.</param>
internal sealed record ScaleSample(int Concept, int Prompt, bool IsHarmless, float[][] Responses, float Scale);
