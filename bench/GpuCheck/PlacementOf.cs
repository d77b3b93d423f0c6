using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Core.Sessions;

namespace GpuCheck;

/// <summary>Reads where the nodes of a network are, from a session of its own: a pipeline would refuse it before it could be told.</summary>
internal static class PlacementOf
{
    public static Placement Network(string model, string folder, string network, ExecutionProvider provider)
    {
        using SessionOptions options = new ProviderSettings(provider, null).CreateOptions();
        using InferenceSession session = new(Path.Combine(folder, network, "model.onnx"), options);
        return Session($"{model}/{network}", session, provider);
    }

    public static Placement Session(string network, InferenceSession session, ExecutionProvider provider)
    {
        IReadOnlyList<NodePlacement.PlacedNode> nodes = NodePlacement.Of(session);
        IEnumerable<NodePlacement.PlacedNode> processor = nodes.Where(node => node.Provider == "CPUExecutionProvider");
        IEnumerable<NodePlacement.PlacedNode> unasked = provider == ExecutionProvider.Cpu ? [] : UnaskedProcessorNodes.Among(nodes);
        return new Placement(
            network, Count(nodes.Select(node => node.Provider)), Count(processor.Select(node => node.Operator)), [.. unasked.Select(node => $"{node.Operator} {node.Name}")]);
    }

    private static SortedDictionary<string, int> Count(IEnumerable<string> names) => new(names.CountBy(name => name).ToDictionary(), StringComparer.Ordinal);
}
