using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Model.Loading;

/// <summary>Weights that a UNet is loaded with, or written with, in place of its file's.</summary>
/// <param name="Source">Where they come from, for messages.</param>
/// <param name="Hash">The hash of what they do.</param>
/// <param name="BaseModelHash">The hash of the model's weights that they are for.</param>
/// <param name="AllowOtherModel">Whether another model is changed nevertheless.</param>
/// <param name="Weights">What becomes of each weight, by initializer.</param>
internal sealed record ChangedWeights(string Source, string Hash, string BaseModelHash, bool AllowOtherModel, IReadOnlyDictionary<string, WeightUpdate> Weights)
{
    /// <summary>The UNet with these weights, in memory, and the hash of the model without them.</summary>
    /// <exception cref="InvalidFileException">They are for another model, or do not fit it.</exception>
    public (OnnxModelFile UNet, string BaseHash) ApplyTo(OnnxModelFile textEncoder, OnnxModelFile unet)
    {
        string hash = WeightsHash.Compute([textEncoder, unet]);
        RequireFor(hash);
        return (unet.With(ContentsFor(unet).ToDictionary(pair => pair.Key, pair => pair.Value())), hash);
    }

    /// <summary>Refuses a model that they were not made for.</summary>
    /// <param name="hash">The hash of the model's weights.</param>
    /// <exception cref="InvalidFileException">They are for another model.</exception>
    public void RequireFor(string hash)
    {
        if (hash != BaseModelHash && !AllowOtherModel)
            throw new InvalidFileException(Source, $"is a delta of another model ({BaseModelHash[..Math.Min(12, BaseModelHash.Length)]}; this one is {hash[..12]}). Fine-tune this model, or set allowOtherModel");
    }

    /// <summary>What computes the new elements of each initializer, one by one.</summary>
    /// <exception cref="InvalidFileException">They do not fit this UNet.</exception>
    public IReadOnlyDictionary<string, Func<ReadOnlyMemory<byte>>> ContentsFor(OnnxModelFile unet)
    {
        IReadOnlyDictionary<string, OnnxTensor> initializers = new OnnxGraph(unet).Initializers;
        return Weights.ToDictionary(pair => pair.Key, pair => Fit(pair.Key, pair.Value, initializers));
    }

    private Func<ReadOnlyMemory<byte>> Fit(string name, WeightUpdate update, IReadOnlyDictionary<string, OnnxTensor> initializers)
    {
        if (!initializers.TryGetValue(name, out OnnxTensor? there)) throw new InvalidFileException(Source, $"changes the weight '{name}', which this UNet does not have: it was made for another export of the model. Fine-tune this one");
        if (!there.Shape.SequenceEqual(update.Shape)) throw new InvalidFileException(Source, $"changes the weight '{name}' of shape [{string.Join(", ", there.Shape)}] to one of [{string.Join(", ", update.Shape)}]");
        return there.ElementType switch
        {
            OnnxElementType.Float32 => () => MemoryMarshal.AsBytes<float>(update.Applied(() => MemoryMarshal.Cast<byte, float>(there.ReadBytes().Span).ToArray())).ToArray(),
            OnnxElementType.Float16 => () => Halves(name, update.Applied(() => Singles(there))),
            _ => throw new InvalidFileException(Source, $"changes the weight '{name}' of type {there.ElementType}; float32 and float16 can be changed"),
        };
    }

    private static float[] Singles(OnnxTensor stored)
    {
        ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(stored.ReadBytes().Span);
        float[] values = new float[halves.Length];
        TensorPrimitives.ConvertToSingle(halves, values);
        return values;
    }

    private byte[] Halves(string name, float[] values)
    {
        Half[] halves = new Half[values.Length];
        TensorPrimitives.ConvertToHalf(values, halves);
        if (!TensorPrimitives.IsFiniteAll<Half>(halves)) throw new InvalidFileException(Source, $"changes the weight '{name}' to numbers beyond float16, in which this UNet stores it");
        return MemoryMarshal.AsBytes<Half>(halves).ToArray();
    }
}
