namespace SafeDiffusion.Methods.Semantic;

/// <summary>Which way an edit leads.</summary>
public enum SemanticDirection
{
    /// <summary>Away from the concept.</summary>
    Away,

    /// <summary>Toward the concept.</summary>
    Toward,
}
