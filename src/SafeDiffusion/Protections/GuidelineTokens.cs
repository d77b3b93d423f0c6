namespace SafeDiffusion.Protections;

/// <summary>Guideline tokens whose detection scores a generation asks for.</summary>
/// <param name="First">The first of them among all that are asked for.</param>
/// <param name="Count">How many they are, the K of <c>[K, H, W]</c>.</param>
public readonly record struct GuidelineTokens(int First, int Count);
