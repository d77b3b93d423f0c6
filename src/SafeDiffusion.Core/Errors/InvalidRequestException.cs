namespace SafeDiffusion.Core.Errors;

/// <summary>An argument or setting of a request is out of its range, or does not go together with the model.</summary>
public sealed class InvalidRequestException : SafeDiffusionException
{
    /// <summary>Makes an error for a field of a request.</summary>
    /// <param name="field">The argument's or setting's name, as the user wrote it.</param>
    /// <param name="reason">What is wrong with it, and what to do, as a clause that follows "FIELD: ".</param>
    public InvalidRequestException(string field, string reason) : base($"{field}: {reason}")
    {
        Field = field;
        Reason = reason;
    }

    /// <summary>The argument's or setting's name.</summary>
    public string Field { get; }

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; }
}
