using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>A graph holds a node that cannot be run under autograd.</summary>
public sealed class UnsupportedGraphException : SafeDiffusionException
{
    internal UnsupportedGraphException(string file, string node, string @operator, string reason, Exception? innerException = null)
        : base($"{file}: the node '{node}' ({@operator}) cannot be run for fine-tuning: {reason}", innerException)
    {
        File = file;
        Node = node;
        Operator = @operator;
    }

    /// <summary>The model file.</summary>
    public string File { get; }

    /// <summary>The node, by its first output where it has no name.</summary>
    public string Node { get; }

    /// <summary>Its operator.</summary>
    public string Operator { get; }
}
