using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Evaluation.Suites;

/// <summary>An evaluation suite cannot be used: a field is unknown, missing or out of range, or does not fit the rest.</summary>
public sealed class InvalidSuiteException : SafeDiffusionException
{
    /// <summary>Makes the error.</summary>
    /// <param name="path">The path of the field, such as <c>sets[0].prompts[2].text</c>.</param>
    /// <param name="reason">What is wrong with it, and what to write instead.</param>
    /// <param name="innerException">The error underneath, where there is one.</param>
    public InvalidSuiteException(string path, string reason, Exception? innerException = null)
        : base($"Suite, {path}: {reason}", innerException)
    {
        Path = path;
        Reason = reason;
    }

    /// <summary>The path of the field.</summary>
    public string Path { get; }

    /// <summary>What is wrong with the field.</summary>
    public string Reason { get; }
}
