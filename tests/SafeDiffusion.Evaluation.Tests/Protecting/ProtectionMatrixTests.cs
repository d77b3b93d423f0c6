using SafeDiffusion.Policies;

namespace SafeDiffusion.Evaluation.Protecting;

public sealed class ProtectionMatrixTests
{
    [Fact]
    public async Task Measure()
    {
        await using ProtectionMatrix matrix = await ProtectionMatrix.LoadAsync(int.Parse(Environment.GetEnvironmentVariable("SEEDS") ?? "3", null));
        using StreamWriter log = new("/tmp/matrix/log.txt") { AutoFlush = true };
        var methods = await matrix.MethodsAsync();
        foreach ((string option, GenerationRequest request) in await matrix.OptionsAsync())
        {
            foreach ((string method, SafetyPolicy policy) in methods.Append(("none", SafetyPolicy.Empty)))
            {
                log.WriteLine($"{option,-45} {method,-20} {await matrix.RunAsync(policy, request)}");
            }
        }
    }
}
