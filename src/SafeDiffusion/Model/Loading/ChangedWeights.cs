using System.Runtime.InteropServices;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Model.Loading;

/// <summary>Weights that a UNet is loaded with in place of its file's.</summary>
/// <param name="Source">Where they come from, for messages.</param>
/// <param name="Hash">The hash of what they do.</param>
/// <param name="BaseModelHash">The hash of the model's weights that they are for.</param>
/// <param name="AllowOtherModel">Whether another model is changed nevertheless.</param>
/// <param name="Weights">The weights by initializer.</param>
internal sealed record ChangedWeights(string Source, string Hash, string BaseModelHash, bool AllowOtherModel, IReadOnlyDictionary<string, StoredTensor> Weights)
{
    /// <summary>The UNet with these weights, in memory, and the hash of the model without them.</summary>
    /// <exception cref="InvalidFileException">They are for another model, or do not fit it.</exception>
    public (OnnxModelFile UNet, string BaseHash) ApplyTo(OnnxModelFile textEncoder, OnnxModelFile unet)
    {
        string hash = WeightsHash.Compute([textEncoder, unet]);
        if (hash != BaseModelHash && !AllowOtherModel)
            throw new InvalidFileException(Source, $"is a delta of another model ({BaseModelHash[..Math.Min(12, BaseModelHash.Length)]}; this one is {hash[..12]}). Fine-tune this model, or set allowOtherModel");
        IReadOnlyDictionary<string, OnnxTensor> initializers = new OnnxGraph(unet).Initializers;
        return (unet.With(Weights.ToDictionary(pair => pair.Key, pair => Fit(pair.Key, pair.Value, initializers))), hash);
    }

    private ReadOnlyMemory<byte> Fit(string name, StoredTensor weight, IReadOnlyDictionary<string, OnnxTensor> initializers)
    {
        if (!initializers.TryGetValue(name, out OnnxTensor? there)) throw new InvalidFileException(Source, $"changes the weight '{name}', which this UNet does not have: it was made for another export of the model. Fine-tune this one");
        if (!there.Shape.SequenceEqual(weight.Shape)) throw new InvalidFileException(Source, $"changes the weight '{name}' of shape [{string.Join(", ", there.Shape)}] to {weight}");
        return there.ElementType switch
        {
            OnnxElementType.Float32 => MemoryMarshal.AsBytes<float>(weight.ToSingles()).ToArray(),
            OnnxElementType.Float16 => MemoryMarshal.AsBytes<Half>([.. weight.ToSingles().Select(value => (Half)value)]).ToArray(),
            _ => throw new InvalidFileException(Source, $"changes the weight '{name}' of type {there.ElementType}; float32 and float16 can be changed"),
        };
    }
}
