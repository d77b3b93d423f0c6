using SafeDiffusion.Core.Tensors;
using SafeDiffusion.FineTuning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs;

/// <summary>Stored tensors as the autograd library's, and how far two are apart.</summary>
internal static class Tensors
{
    // A tensor that is made before the library is loaded makes TorchSharp look for it by itself, in vain on some systems, and for good.
    static Tensors() => AutogradLibrary.Load();

    public static Tensor ToTorch(this StoredTensor stored, ScalarType precision = ScalarType.Float32) => stored.Type switch
    {
        ElementType.I64 or ElementType.I32 => tensor(stored.ToInt64s(), stored.Shape.AsSpan(), ScalarType.Int64),
        ElementType.Bool => tensor(stored.ToInt64s(), stored.Shape.AsSpan(), ScalarType.Int64).to(ScalarType.Bool),
        ElementType.U8 => tensor(stored.ToInt64s(), stored.Shape.AsSpan(), ScalarType.Int64).to(ScalarType.Byte),
        _ => tensor(stored.ToDoubles(), stored.Shape.AsSpan(), ScalarType.Float64).to(precision),
    };

    /// <summary>The largest difference, relative to the wanted tensor's largest magnitude.</summary>
    public static double Error(Tensor wanted, Tensor? got)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor actual = got is null ? zeros_like(wanted) : got.detach().to(ScalarType.Float64);
        Assert.Equal(wanted.shape, actual.shape);
        if (wanted.numel() == 0) return 0;
        double largest = wanted.to(ScalarType.Float64).abs().max().item<double>();
        return (actual - wanted).abs().max().item<double>() / Math.Max(largest, 1e-30);
    }
}
