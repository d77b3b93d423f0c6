using System.Diagnostics.CodeAnalysis;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>A node of a graph.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "These are the names of ONNX's attribute types.")]
public sealed class OnnxNode
{
    private readonly OnnxModelFile _model;
    private readonly NodeProto _node;

    internal OnnxNode(OnnxModelFile model, NodeProto node)
    {
        _model = model;
        _node = node;
        Inputs = [.. node.Input];
        Outputs = [.. node.Output];
    }

    /// <summary>The node's name, or its first output where it has none.</summary>
    public string Name => _node.Label();

    /// <summary>The operator, with its domain in front where that is not ONNX's own (<c>com.microsoft.Gelu</c>).</summary>
    public string Operator => _node.Operator();

    /// <summary>The values that it uses, in the operator's order; empty for one that is left out.</summary>
    public IReadOnlyList<string> Inputs { get; }

    /// <summary>The values that it makes, in the operator's order; empty for one that nobody uses.</summary>
    public IReadOnlyList<string> Outputs { get; }

    /// <summary>Whether it holds graphs of its own, as <c>If</c> and <c>Loop</c> do.</summary>
    public bool HasGraphs => TopologicalOrder.NestedGraphs(_node).Any();

    /// <summary>Whether it has an attribute.</summary>
    public bool Has(string attribute) => _node.Find(attribute) is not null;

    /// <summary>An integer attribute.</summary>
    /// <param name="attribute">Its name.</param>
    /// <param name="otherwise">What it is where the node does not say.</param>
    public long Int(string attribute, long otherwise = 0) => _node.Int(attribute, otherwise);

    /// <summary>A list of integers; null where the node does not say.</summary>
    public IReadOnlyList<long>? Ints(string attribute) => _node.Ints(attribute);

    /// <summary>A number; null where the node does not say.</summary>
    public float? Float(string attribute) => _node.Float(attribute);

    /// <summary>A list of numbers; null where the node does not say.</summary>
    public IReadOnlyList<float>? Floats(string attribute) => _node.Find(attribute) is { } found ? [.. found.Floats] : null;

    /// <summary>A text; null where the node does not say.</summary>
    public string? Text(string attribute) => _node.Text(attribute);

    /// <summary>A tensor; null where the node does not say.</summary>
    /// <exception cref="InvalidFileException">Its dimensions or bytes make no sense.</exception>
    public OnnxTensor? Tensor(string attribute) => _node.Find(attribute)?.T is { } tensor ? new OnnxTensor(_model, tensor) : null;
}
