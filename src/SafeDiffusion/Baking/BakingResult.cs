using SafeDiffusion.Instrumentation.Baking;

namespace SafeDiffusion.Baking;

/// <summary>A model folder with erasures in its weights.</summary>
/// <param name="BaseModelHash">The SHA-256 of the weights of the model that they were baked into, in hexadecimal.</param>
/// <param name="ModelHash">That of the new model: what is learned for the one does not fit the other.</param>
/// <param name="Weights">How many weights were changed.</param>
/// <param name="Erasures">The weight delta, where there is one, and the erasures, in the order in which they act.</param>
public sealed record BakingResult(string BaseModelHash, string ModelHash, int Weights, IReadOnlyList<BakedErasure> Erasures);
