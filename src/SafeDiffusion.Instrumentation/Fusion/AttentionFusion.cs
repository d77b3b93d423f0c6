using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Tracing;

namespace SafeDiffusion.Instrumentation.Fusion;

/// <summary>Puts MultiHeadAttention between projections and output projections on a copy of a model, and drops the nodes that nobody needs then.</summary>
internal sealed class AttentionFusion
{
    /// <summary>Other than that of instrumentation, which takes its own nodes back.</summary>
    private const string Prefix = "safediffusion.fused/";
    private const string Domain = "com.microsoft";
    private readonly string _path;
    private readonly ModelProto _model;
    private readonly Dictionary<string, NodeProto> _producers = [];
    private readonly HashSet<string> _taken;

    public AttentionFusion(string path, UNetAnalysis analysis)
    {
        _path = path;
        _model = analysis.Graph.Model.Clone();
        foreach (NodeProto node in Graph.Node)
        {
            foreach (string output in node.Output) _producers[output] = node;
        }
        _taken = [.. _producers.Keys, .. Graph.Node.Select(node => node.Name), .. Graph.Initializer.Select(tensor => tensor.Name)];
    }

    private GraphProto Graph => _model.Graph;

    /// <param name="layers">The layers to fuse.</param>
    /// <param name="switchPositions">The positions from which layers run fused, as their size tells when they run; null where they always do.</param>
    public OnnxModelFile Apply(IReadOnlyList<FusibleLayer> layers, int? switchPositions)
    {
        SizeSwitch? sizeSwitch = switchPositions is { } positions ? new SizeSwitch(_path, Graph, positions, name => Unique(Prefix + name)) : null;
        foreach (FusibleLayer layer in layers)
        {
            NodeProto fused = Fused(layer.Layer);
            NodeProto reader = _producers[layer.Reader.Output[0]];
            if (sizeSwitch is not null) sizeSwitch.Add(layer, fused, reader);
            else Replace(fused, reader);
        }
        if (!OnnxValues.Opsets(_model).ContainsKey(Domain))
            _model.OpsetImport.Add(new OperatorSetIdProto { Domain = Domain, Version = 1 });
        LiveGraph.Keep(_path, _model);
        return new OnnxModelFile(_path, _model);
    }

    private void Replace(NodeProto fused, NodeProto reader)
    {
        Graph.Node.Add(fused);
        reader.Input[0] = fused.Output[0];
    }

    private NodeProto Fused(AttentionLayer layer)
    {
        AttentionCore core = layer.Core;
        NodeProto node = new() { OpType = "MultiHeadAttention", Domain = Domain, Name = Unique($"{Prefix}{layer.Name}.node") };
        node.Input.Add([core.Query.Output, core.Key.Output, core.Value.Output]);
        node.Output.Add(Unique($"{Prefix}{layer.Name}"));
        node.Attribute.Add(Attributes.Of("num_heads", layer.Heads));
        node.Attribute.Add(new AttributeProto { Name = "scale", F = (float)core.Scale, Type = AttributeProto.Types.AttributeType.Float });
        return node;
    }

    private string Unique(string name)
    {
        string unique = name;
        for (int i = 2; !_taken.Add(unique); i++)
            unique = $"{name}.{i}";
        return unique;
    }
}
