using System.Numerics.Tensors;

namespace SafeDiffusion.Instrumentation.Quantization;

/// <summary>A weight in whole numbers, symmetric about zero, with a scale for every output channel.</summary>
/// <param name="Values">The numbers, -127 to 127, in the order in which the operator wants them.</param>
/// <param name="Scales">A scale for every channel.</param>
internal sealed record WholeWeights(sbyte[] Values, float[] Scales)
{
    /// <summary>Rounds the weights of a convolution, <c>[M, C, kH, kW]</c>: each channel's lie together.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="channels">M.</param>
    /// <param name="bias">What is added to each channel, which becomes a whole number of 32 bits as well; empty for none.</param>
    /// <param name="inputScale">The scale of what is convolved.</param>
    public static WholeWeights OfConvolution(ReadOnlySpan<float> weights, int channels, ReadOnlySpan<float> bias, float inputScale)
    {
        int length = weights.Length / channels;
        WholeWeights whole = new(new sbyte[weights.Length], new float[channels]);
        float[] rounded = new float[length];
        for (int channel = 0; channel < channels; channel++)
        {
            ReadOnlySpan<float> own = weights.Slice(channel * length, length);
            // A bias that is large beside its weights must still fit into 32 bits.
            float least = bias.IsEmpty ? 0 : Math.Abs(bias[channel]) / inputScale / (1 << 30);
            float scale = whole.Scales[channel] = Scale(Math.Abs(TensorPrimitives.MaxMagnitude(own)), least);
            TensorPrimitives.Divide(own, scale, rounded);
            Round(rounded, whole.Values.AsSpan(channel * length, length));
        }
        return whole;
    }

    /// <summary>Rounds the weights of a product to <c>[in, out]</c>, a scale for every column.</summary>
    /// <param name="weights">The weights as they are stored.</param>
    /// <param name="columns">How many outputs there are.</param>
    /// <param name="transposed">Whether they are stored <c>[out, in]</c>.</param>
    public static WholeWeights OfProduct(ReadOnlySpan<float> weights, int columns, bool transposed)
    {
        int rows = weights.Length / columns;
        if (transposed)
        {
            WholeWeights turned = OfConvolution(weights, columns, [], 1);
            return turned with { Values = Turned(turned.Values, columns, rows) };
        }
        WholeWeights whole = new(new sbyte[weights.Length], new float[columns]);
        for (int row = 0; row < rows; row++) TensorPrimitives.MaxMagnitude(whole.Scales, weights.Slice(row * columns, columns), whole.Scales);
        for (int column = 0; column < columns; column++) whole.Scales[column] = Scale(Math.Abs(whole.Scales[column]), 0);
        float[] rounded = new float[columns];
        for (int row = 0; row < rows; row++)
        {
            TensorPrimitives.Divide(weights.Slice(row * columns, columns), whole.Scales, rounded);
            Round(rounded, whole.Values.AsSpan(row * columns, columns));
        }
        return whole;
    }

    private static float Scale(float largest, float least)
    {
        float scale = Math.Max(largest / sbyte.MaxValue, least);
        return float.IsNormal(scale) ? scale : 1;
    }

    private static void Round(Span<float> values, Span<sbyte> rounded)
    {
        TensorPrimitives.Round(values, values);
        TensorPrimitives.ConvertSaturating<float, sbyte>(values, rounded);
    }

    private static sbyte[] Turned(sbyte[] values, int rows, int columns)
    {
        sbyte[] turned = new sbyte[values.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column];
        }
        return turned;
    }
}
