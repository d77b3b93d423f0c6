using Microsoft.ML.OnnxRuntime;

namespace SafeDiffusion;

public sealed class SolutionTests
{
    [Fact]
    public void OnnxRuntimeRuns() => Assert.Contains("CPUExecutionProvider", OrtEnv.Instance().GetAvailableProviders());
}
