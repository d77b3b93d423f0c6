using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>Sizes that a model's open input dimensions are given while its graph is read.</summary>
/// <param name="Batch">Rows.</param>
/// <param name="Height">Latent height.</param>
/// <param name="Width">Latent width.</param>
/// <param name="Tokens">Tokens of the text.</param>
internal sealed record Probe(long Batch, long Height, long Width, long Tokens)
{
    /// <summary>Width of the text, where the graph leaves it open and nothing in it tells: SD v1's.</summary>
    public long TextWidth { get; init; } = 768;

    /// <summary>Tried in turn: a wide latent tells most; some exports have the usual sizes baked in though they name them.</summary>
    public static IReadOnlyList<Probe> All { get; } = [new(2, 64, 96, 77), new(2, 64, 64, 77), new(1, 64, 64, 77)];

    public Facts Of(ValueInfoProto input, bool isSample, bool isText)
    {
        TypeProto.Types.Tensor? tensor = input.Type?.TensorType;
        OnnxElementType type = (OnnxElementType)(tensor?.ElemType ?? 0);
        if (tensor?.Shape is not { } shape)
            return new Facts(type);
        long[] open = isSample ? [Batch, 4, Height, Width] : isText ? [Batch, Tokens, TextWidth] : [.. shape.Dim.Select(_ => Batch)];
        return new Facts(type, [.. shape.Dim.Select((dimension, i) => dimension.HasDimValue && dimension.DimValue > 0 ? dimension.DimValue : open.ElementAtOrDefault(i))]);
    }
}
