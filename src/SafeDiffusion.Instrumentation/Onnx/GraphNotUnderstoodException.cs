using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>A model's graph is not one in which cross-attention can be found with certainty; it is left alone.</summary>
public sealed class GraphNotUnderstoodException : SafeDiffusionException
{
    internal GraphNotUnderstoodException(string file, string node, string value, string expected, string found)
        : base(Describe(file, node, value, expected, found))
    {
        File = file;
        Node = node;
        Value = value;
        Expected = expected;
    }

    /// <summary>The model file.</summary>
    public string File { get; }

    /// <summary>The node at which the graph departs from what is understood (its first output where it has no name); may be empty.</summary>
    public string Node { get; }

    /// <summary>The value concerned; may be empty.</summary>
    public string Value { get; }

    /// <summary>What was expected there.</summary>
    public string Expected { get; }

    private static string Describe(string file, string node, string value, string expected, string found)
    {
        string place = (node, value) switch
        {
            ("", _) => "",
            (_, "") => $" at node '{node}'",
            _ => $" at node '{node}' (value '{value}')",
        };
        return $"{file}: the graph is not understood{place}: {found}. Expected: {expected}.";
    }
}
