namespace SafeDiffusion.Core.Errors;

/// <summary>The base of every error that SafeDiffusion itself raises. The message says what is wrong and what to do.</summary>
public abstract class SafeDiffusionException : Exception
{
    /// <summary>Makes an error with a message for the user.</summary>
    protected SafeDiffusionException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }
}

/// <summary>A file (model, asset, picture, tensor file, settings) is missing, damaged, or not of the form that is needed.</summary>
public sealed class InvalidFileException : SafeDiffusionException
{
    /// <summary>Makes an error for a file.</summary>
    /// <param name="file">The file's name or path, as the user knows it.</param>
    /// <param name="reason">What is wrong with it, and what to do, as a clause that follows "FILE: ".</param>
    /// <param name="innerException">The error underneath, where there is one.</param>
    public InvalidFileException(string file, string reason, Exception? innerException = null)
        : base($"{file}: {reason}", innerException)
    {
        File = file;
        Reason = reason;
    }

    /// <summary>The file's name or path.</summary>
    public string File { get; }

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; }
}
