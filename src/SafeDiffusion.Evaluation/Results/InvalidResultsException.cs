using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Evaluation.Results;

/// <summary>Results do not belong together, or not to the run that they are said to be of.</summary>
public sealed class InvalidResultsException : SafeDiffusionException
{
    /// <summary>Makes an error.</summary>
    /// <param name="message">What is wrong, and what to do.</param>
    public InvalidResultsException(string message) : base(message)
    {
    }
}
