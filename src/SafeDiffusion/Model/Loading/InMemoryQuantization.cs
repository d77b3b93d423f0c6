using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Model.Loading;

/// <summary>Quantises a UNet when it is loaded.</summary>
internal static class InMemoryQuantization
{
    /// <summary>The UNet by a plan, and the hash of the model without it.</summary>
    /// <exception cref="InvalidFileException">The plan is another model's, or does not fit the UNet.</exception>
    public static (OnnxModelFile UNet, string BaseHash) Apply(OnnxModelFile textEncoder, OnnxModelFile unet, QuantizationPlan plan)
    {
        UNetQuantization.RequireQuantizable(unet);
        string hash = WeightsHash.Compute([textEncoder, unet]);
        if (hash != plan.BaseModelHash)
            throw new InvalidFileException(unet.Path, $"is not the model that the plan of the quantisation is for ({plan.BaseModelHash[..Math.Min(12, plan.BaseModelHash.Length)]}; this one is {hash[..12]}). Quantise this model");
        return (UNetQuantization.Apply(unet, plan.Quantized, hash), hash);
    }
}
