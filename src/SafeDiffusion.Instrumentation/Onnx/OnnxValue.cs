namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>One dimension of a model's input or output: a fixed size, a named one, or one that is left open.</summary>
/// <param name="Size">The size, where it is fixed.</param>
/// <param name="Symbol">The name, where the size is symbolic (<c>batch</c>).</param>
public readonly record struct OnnxDimension(long? Size, string? Symbol)
{
    /// <summary>The size, the name, or <c>?</c>.</summary>
    public override string ToString() => Size?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? Symbol ?? "?";
}

/// <summary>An input or output of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ElementType">The type of its elements.</param>
/// <param name="Dimensions">Its dimensions; null where the model does not say its rank.</param>
public sealed record OnnxValue(string Name, OnnxElementType ElementType, IReadOnlyList<OnnxDimension>? Dimensions)
{
    /// <summary>Name, type and dimensions in a line: <c>sample float32 [batch, 4, 64, 64]</c>.</summary>
    public override string ToString() =>
        $"{Name} {ElementType.ToString().ToLowerInvariant()} [{(Dimensions is null ? "?" : string.Join(", ", Dimensions))}]";
}
