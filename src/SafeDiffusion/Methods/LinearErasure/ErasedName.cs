namespace SafeDiffusion.Methods.LinearErasure;

/// <summary>A name that an erasure was learned from.</summary>
/// <param name="Name">The name, without an article: <c>red triangle</c>.</param>
/// <param name="Becomes">What it becomes, without an article: <c>green star</c>.</param>
public sealed record ErasedName(string Name, string Becomes);
