using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Protections;

/// <summary>A safety policy cannot be used: a field is unknown, missing or out of range.</summary>
public sealed class InvalidPolicyException : SafeDiffusionException
{
    /// <summary>Makes the error.</summary>
    /// <param name="path">The path of the field, such as <c>protections[0].preset</c>.</param>
    /// <param name="reason">What is wrong with it, and what to write instead.</param>
    /// <param name="innerException">The error underneath, where there is one.</param>
    public InvalidPolicyException(string path, string reason, Exception? innerException = null)
        : base($"Policy, {path}: {reason}", innerException)
    {
        Path = path;
        Reason = reason;
    }

    /// <summary>The path of the field.</summary>
    public string Path { get; }

    /// <summary>What is wrong with the field.</summary>
    public string Reason { get; }

    /// <summary>A check of fields whose errors are of this kind.</summary>
    /// <param name="path">The path of what is checked, such as <c>protections[0]</c>.</param>
    internal static FieldCheck Check(string path) => new(path, static (field, reason) => new InvalidPolicyException(field, reason));
}
