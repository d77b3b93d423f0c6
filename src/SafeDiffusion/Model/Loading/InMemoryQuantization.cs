using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Model.Loading;

/// <summary>Quantises networks when they are loaded.</summary>
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

    /// <summary>The VAE decoder by a plan.</summary>
    /// <exception cref="InvalidFileException">The plan is another decoder's, or does not fit it.</exception>
    public static OnnxModelFile Apply(OnnxModelFile decoder, DecoderPlan plan)
    {
        DecoderQuantization.RequireQuantizable(decoder);
        string hash = WeightsHash.Compute([decoder]);
        if (hash != plan.BaseHash) throw new InvalidFileException(decoder.Path, "is not the decoder that the plan of the quantisation is for. Quantise this model");
        return DecoderQuantization.Apply(decoder, plan.Quantized, hash);
    }

    /// <summary>Refuses a decoder on disk whose weights are not those that were written when it was quantised: what its metadata says is not true of it.</summary>
    /// <exception cref="InvalidFileException">They are not.</exception>
    public static void RequireAsWritten(OnnxModelFile decoder)
    {
        if (DecoderQuantization.RecordOf(decoder) is not { } record || WeightsHash.Compute([decoder]) == record.ModelHash) return;
        throw new InvalidFileException(decoder.Path, "its weights are no longer those that were written when it was quantised. Quantise the model anew");
    }
}
