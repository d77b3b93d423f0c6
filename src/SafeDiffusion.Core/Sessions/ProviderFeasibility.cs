using Microsoft.ML.OnnxRuntime;

namespace SafeDiffusion.Core.Sessions;

/// <summary>Whether an execution provider can run on this machine.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="IsAvailable">Whether it starts.</param>
/// <param name="Reason">Why it does not, and what to do; empty where it does.</param>
public sealed record ProviderFeasibility(ExecutionProvider Provider, bool IsAvailable, string Reason)
{
    /// <summary>Tries every provider.</summary>
    public static IReadOnlyList<ProviderFeasibility> All() => [.. Enum.GetValues<ExecutionProvider>().Select(Of)];

    /// <summary>Tries a provider.</summary>
    public static ProviderFeasibility Of(ExecutionProvider provider)
    {
        try
        {
            using SessionOptions options = new ProviderSettings(provider, null).CreateOptions();
            return new(provider, true, "");
        }
        catch (ProviderNotAvailableException error)
        {
            return new(provider, false, error.Message);
        }
    }
}
