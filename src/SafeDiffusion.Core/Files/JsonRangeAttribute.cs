namespace SafeDiffusion.Core.Files;

/// <summary>
/// What a setting's JSON Schema says beside its type: keywords, such as those of <see cref="JsonRanges"/>. For editors; the range itself is
/// checked where the setting is validated, and a test holds the two together.
/// </summary>
/// <param name="keywords">A JSON object.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Class)]
public sealed class JsonRangeAttribute(string keywords) : Attribute
{
    /// <summary>The keywords, a JSON object.</summary>
    public string Keywords { get; } = keywords;
}

/// <summary>Ranges that many settings have, as keywords of JSON Schema.</summary>
public static class JsonRanges
{
    /// <summary>A text that is not empty.</summary>
    public const string Text = """{ "pattern": "\\S" }""";

    /// <summary>The path of a file.</summary>
    public const string Path = """{ "type": "string", "minLength": 1 }""";

    /// <summary>A number above 0.</summary>
    public const string Positive = """{ "exclusiveMinimum": 0 }""";

    /// <summary>A number that is at least 0.</summary>
    public const string NotNegative = """{ "minimum": 0 }""";

    /// <summary>A number that is at least 1.</summary>
    public const string AtLeastOne = """{ "minimum": 1 }""";

    /// <summary>A number from 0 to 1.</summary>
    public const string Share = """{ "minimum": 0, "maximum": 1 }""";

    /// <summary>A number above 0, to 1.</summary>
    public const string ShareAboveZero = """{ "exclusiveMinimum": 0, "maximum": 1 }""";

    /// <summary>A number from 0 to below 1.</summary>
    public const string ShareBelowOne = """{ "minimum": 0, "exclusiveMaximum": 1 }""";

    /// <summary>A list with at least one entry.</summary>
    public const string SomeItems = """{ "minItems": 1 }""";
}
