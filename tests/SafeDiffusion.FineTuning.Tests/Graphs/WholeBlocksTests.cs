using SafeDiffusion.FineTuning.Graphs.Operators;
using SafeDiffusion.FineTuning.Native;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace SafeDiffusion.FineTuning.Graphs;

/// <summary>Formula layer: convolutions in single precision are those in double precision, whatever their channels.</summary>
public sealed class WholeBlocksTests
{
    [Theory]
    [InlineData(3, 4, 1, false)]
    [InlineData(20, 24, 1, false)]
    [InlineData(33, 17, 1, true)]
    [InlineData(32, 4, 1, false)]
    [InlineData(24, 24, 6, false)]
    public void ValuesAndGradientsAreThoseInDouble(long inputs, long outputs, long groups, bool transposed)
    {
        AutogradLibrary.Load();
        using DisposeScope scope = NewDisposeScope();
        using Generator generator = new(3);
        Tensor x = randn([2, inputs, 9, 9], ScalarType.Float64, generator: generator).requires_grad_();
        long[] shape = transposed ? [inputs, outputs / groups, 3, 3] : [outputs, inputs / groups, 3, 3];
        Tensor weight = randn(shape, ScalarType.Float64, generator: generator).requires_grad_();
        Tensor wanted = Convolve(x, weight, groups, transposed);
        Tensor dy = randn(wanted.shape, ScalarType.Float64, generator: generator);
        wanted.backward([dy]);

        Tensor single = x.detach().to(ScalarType.Float32).requires_grad_();
        Tensor singleWeight = weight.detach().to(ScalarType.Float32).requires_grad_();
        Tensor got = WholeBlocks.Run(single, singleWeight, null, transposed ? 1 : 0, groups, (input, kernel, _) => Convolve(input, kernel, groups, transposed));
        got.backward([dy.to(ScalarType.Float32)]);
        Assert.InRange(Tensors.Error(wanted.detach(), got), 0, 1e-5);
        Assert.InRange(Tensors.Error(x.grad!, single.grad), 0, 1e-5);
        Assert.InRange(Tensors.Error(weight.grad!, singleWeight.grad), 0, 1e-5);
    }

    private static Tensor Convolve(Tensor x, Tensor weight, long groups, bool transposed) =>
        transposed ? F.conv_transpose2d(x, weight, null, [1, 1], [1, 1], [0, 0], [1, 1], groups) : F.conv2d(x, weight, null, [1, 1], [1, 1], [1, 1], groups);
}
