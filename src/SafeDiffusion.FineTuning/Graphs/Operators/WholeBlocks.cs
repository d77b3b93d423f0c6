using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>
/// Runs single-precision convolutions with channels in whole blocks. Where they are not, oneDNN 3.7.1 (of libtorch 2.10) reads memory behind
/// them on some processors (seen on AMD EPYC, with AVX2 and AVX-512), and values and gradients are wrong or not a number. Channels of zeros
/// change nothing; grouped convolutions, whose groups are small, are run in double precision, which oneDNN does not do.
/// </summary>
internal static class WholeBlocks
{
    private const long Block = 16;

    /// <param name="x">The input, <c>[B, C, H, W]</c>.</param>
    /// <param name="weight">The weight of four dimensions.</param>
    /// <param name="bias">The bias, <c>[C']</c>; null for none.</param>
    /// <param name="outputDimension">The weight's dimension of output channels, 0 or 1; the other is that of input channels.</param>
    /// <param name="groups">The groups.</param>
    /// <param name="convolve">The convolution of input, weight and bias.</param>
    public static Tensor Run(Tensor x, Tensor weight, Tensor? bias, int outputDimension, long groups, Func<Tensor, Tensor, Tensor?, Tensor> convolve)
    {
        if (x.dtype != ScalarType.Float32 || x.device_type != DeviceType.CPU) return convolve(x, weight, bias);
        if (groups > 1) return convolve(x.to(ScalarType.Float64), weight.to(ScalarType.Float64), bias?.to(ScalarType.Float64)).to(ScalarType.Float32);
        long outputs = weight.shape[outputDimension];
        (long inputsMissing, long outputsMissing) = (Missing(x.shape[1]), Missing(outputs));
        if (inputsMissing == 0 && outputsMissing == 0) return convolve(x, weight, bias);
        (long first, long second) = outputDimension == 0 ? (outputsMissing, inputsMissing) : (inputsMissing, outputsMissing);
        Tensor filled = convolve(F.pad(x, [0, 0, 0, 0, 0, inputsMissing]), F.pad(weight, [0, 0, 0, 0, 0, second, 0, first]), bias is null ? null : F.pad(bias, [0, outputsMissing]));
        return outputsMissing == 0 ? filled : filled.slice(1, 0, outputs, 1);
    }

    private static long Missing(long channels) => (Block - channels % Block) % Block;
}
