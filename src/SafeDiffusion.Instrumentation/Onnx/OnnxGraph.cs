using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>A model's graph for those that run it themselves: the nodes that its outputs depend on, and the tensors that are stored in it.</summary>
public sealed class OnnxGraph
{
    /// <summary>Reads a model's graph. No weight is read yet.</summary>
    /// <param name="model">The model.</param>
    /// <exception cref="InvalidFileException">The graph breaks the rules of ONNX.</exception>
    public OnnxGraph(OnnxModelFile model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        GraphIndex index = new(model.Path, model.Proto);
        Nodes = [.. index.Nodes.Where(index.Live.Contains).Select(node => new OnnxNode(model, node))];
        Initializers = index.Initializers.ToDictionary(tensor => tensor.Name, tensor => new OnnxTensor(model, tensor), StringComparer.Ordinal);
        Opset = index.Opset;
    }

    /// <summary>The model.</summary>
    public OnnxModelFile Model { get; }

    /// <summary>The nodes that the outputs depend on, each after those whose values it uses.</summary>
    public IReadOnlyList<OnnxNode> Nodes { get; }

    /// <summary>The stored tensors by name; sparse ones are not among them.</summary>
    public IReadOnlyDictionary<string, OnnxTensor> Initializers { get; }

    /// <summary>The version of ONNX's own operator set.</summary>
    public long Opset { get; }
}
