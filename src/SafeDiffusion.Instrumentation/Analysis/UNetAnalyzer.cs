using System.Globalization;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;
using SafeDiffusion.Instrumentation.Tracing;

namespace SafeDiffusion.Instrumentation.Analysis;

/// <summary>Reads a graph with the sizes of a probe, and describes the attention layers found.</summary>
internal static class UNetAnalyzer
{
    public static UNetAnalysis Analyze(OnnxModelFile model)
    {
        UNetInputs inputs = UNetInputs.Find(model);
        GraphIndex graph = new(model.Path, model.Proto);
        long? width = OpenTextWidth.Find(graph, inputs);
        GraphNotUnderstoodException? first = null;
        foreach (Probe probe in Probe.All)
        {
            try
            {
                return Analyze(model, graph, inputs, width is { } found ? probe with { TextWidth = found } : probe);
            }
            catch (GraphNotUnderstoodException error)
            {
                first ??= error;
            }
        }
        throw first!;
    }

    private static UNetAnalysis Analyze(OnnxModelFile model, GraphIndex graph, UNetInputs inputs, Probe probe)
    {
        Dictionary<string, Facts> facts = ShapeInference.Run(graph, inputs, probe);
        IReadOnlyList<AttentionCore> cores = AttentionTracer.Run(graph, inputs, facts);
        AttentionCore[] cross = [.. cores.Where(core => core.IsCross)];
        if (cross.Length == 0)
            throw NoCrossAttention(graph, inputs);
        LatentGrid grid = LatentGrid.Of(model.Path, inputs, facts);
        return new UNetAnalysis
        {
            Exporter = model.Exporter,
            SampleInput = inputs.Sample,
            TextInput = inputs.Text,
            TextWidth = (int)facts[inputs.Text].Shape![2],
            CrossAttention = Describe(graph, grid, facts, cross, "cross-attention"),
            SelfAttention = Describe(graph, grid, facts, [.. cores.Where(core => IsSelf(core, graph))], "self-attention"),
            OperatorsWithoutCpuKernel = [.. model.WithoutCpuKernel.Select(nodes => nodes.Operator)],
            Instrumentation = null,
            Graph = graph,
            Facts = facts,
        };
    }

    private static GraphNotUnderstoodException NoCrossAttention(GraphIndex graph, UNetInputs inputs) => graph.Nodes.FirstOrDefault(graph.IsLocalFunction) is { } call
        ? new(graph.File, call.Label(), "", LostWay.Inlined, $"no cross-attention is found, and {call.Operator()} is a function that the model defines itself; what is inside is not looked into")
        : new(graph.File, "", inputs.Text, "cross-attention of the latents to the text states", "none is found");

    private static bool IsSelf(AttentionCore core, GraphIndex graph) => !core.IsCross
        && Origin(graph, core.Query.Source) == Origin(graph, core.Key.Source) && Origin(graph, core.Key.Source) == Origin(graph, core.Value.Source);

    private static string Origin(GraphIndex graph, string value)
    {
        while (graph.Producer(value) is { OpType: "Cast" or "Identity" or "Reshape" or "QuantizeLinear" } node)
            value = node.InputAt(0);
        return value;
    }

    private static AttentionLayer[] Describe(GraphIndex graph, LatentGrid grid, Dictionary<string, Facts> facts, AttentionCore[] cores, string sort)
    {
        HashSet<string> names = [];
        List<AttentionLayer> layers = [];
        foreach (AttentionCore core in cores)
        {
            string name = LayerNames.Of(core) is { } told && !names.Contains(told) ? told : string.Create(CultureInfo.InvariantCulture, $"{sort}.{layers.Count}");
            names.Add(name);
            layers.Add(Describe(graph, grid, facts, core, name, layers.Count));
        }
        return [.. layers];
    }

    private static AttentionLayer Describe(GraphIndex graph, LatentGrid grid, Dictionary<string, Facts> facts, AttentionCore core, string name, int index) => new()
    {
        Index = index,
        Name = name,
        GridFactor = grid.FactorOf(core),
        Heads = checked((int)core.KeyColumns.Heads),
        HeadWidth = checked((int)core.KeyColumns.Width),
        Scale = core.Scale,
        Form = core.Form,
        IsPacked = ReferenceEquals(core.Key.Node, core.Value.Node),
        Query = Places.Of(graph, facts, core.Query, core.QueryColumns),
        Key = Places.Of(graph, facts, core.Key, core.KeyColumns),
        Value = Places.Of(graph, facts, core.Value, core.ValueColumns),
        Output = core.OutputProjection is { } output
            ? Places.Of(graph, facts, output, new HeadColumns(1, output.Columns, 0, output.Columns, 1, output.Columns))
            : null,
        ScoreNode = core.Product.Label(),
        AttendedValue = core.Output,
        Core = core,
    };
}
