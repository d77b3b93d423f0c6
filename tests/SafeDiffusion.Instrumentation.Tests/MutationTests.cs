using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph: well-formed files whose graphs make no sense give only our errors, whatever dims, attributes, inputs and nodes say.</summary>
public sealed class MutationTests
{
    public static TheoryData<Writing> Writings { get; } = [.. Enum.GetValues<Writing>()];

    [Theory]
    [MemberData(nameof(Writings))]
    public void A_small_graph_gives_only_our_errors(Writing writing) => Check(new MiniUNet(writing).Build(), 300);

    [Theory]
    [InlineData("legacy14-sdpa")]
    [InlineData("fused-packed")]
    [InlineData("dynamo18")]
    public void An_exported_graph_gives_only_our_errors(string name) => Check(OnnxModelFile.Load(GraphFixtures.Model(name)), 40);

    /// <summary>Every mutation must not be refused in the same way: some are survived, some are refused, so that the rules behind are reached.</summary>
    private static void Check(OnnxModelFile model, int count)
    {
        int survived = 0;
        for (int seed = 0; seed < count; seed++)
        {
            OnnxModelFile mutated = new GraphMutator(seed).Mutate(model);
            try
            {
                if (Survives(mutated)) survived++;
            }
            catch (Exception error) when (error is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed}: {error}");
            }
        }
        Assert.InRange(survived, 1, count - 1);
    }

    private static bool Survives(OnnxModelFile model)
    {
        bool understood = Runs(() => UNetInstrumentation.Analyze(model));
        understood &= Runs(() => UNetInstrumentation.Instrument(model, AttentionFeatures.All, LayerSelection.All).ToBytes());
        understood &= Runs(() => UNetFusion.FuseBySize(model, 1));
        understood &= Runs(() => UNetFusion.Fuse(model, 64, 64, 1));
        return understood;
    }

    private static bool Runs(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (SafeDiffusionException error)
        {
            Assert.NotEmpty(error.Message);
            return false;
        }
    }
}
