using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Sessions;

/// <summary>An execution provider was asked for that is not there. Nothing falls back to another one in silence.</summary>
public sealed class ProviderNotAvailableException : SafeDiffusionException
{
    /// <summary>Makes the error.</summary>
    public ProviderNotAvailableException(ExecutionProvider provider, string reason, Exception? innerException = null)
        : base($"The {provider} provider is not available: {reason}", innerException) => Provider = provider;

    /// <summary>The provider that was asked for.</summary>
    public ExecutionProvider Provider { get; }
}
