using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;

namespace SafeDiffusion.Instrumentation;

/// <summary>Finds sizes that a graph's inputs leave open in the shapes of its weights.</summary>
public static class NetworkSizes
{
    private const long Most = 1 << 20;

    /// <summary>The channels of an input <c>[B, C, H, W]</c>, as the first convolution's weights have them; null where no convolution tells.</summary>
    /// <param name="model">The network.</param>
    /// <param name="input">The input's name.</param>
    /// <exception cref="InvalidFileException">The graph breaks the rules of ONNX.</exception>
    public static int? Channels(OnnxModelFile model, string input)
    {
        ArgumentNullException.ThrowIfNull(model);
        GraphIndex graph = new(model.Path, model.Proto);
        HashSet<string> values = [input];
        foreach (NodeProto node in graph.Nodes)
        {
            if (!values.Contains(node.InputAt(0)) && !values.Contains(node.InputAt(1))) continue;
            if (KeepsChannels(node)) values.UnionWith(node.Output.Where(output => output.Length > 0));
            else if (ConvolvedChannels(graph, node) is >= 1 and <= Most and var channels) return (int)channels;
        }
        return null;
    }

    /// <summary>The width of a UNet's text states: as its input declares it, else as the weights that the text is multiplied with have rows; null where neither tells.</summary>
    /// <exception cref="GraphNotUnderstoodException">There is no text input, or weights of several widths are multiplied with it.</exception>
    /// <exception cref="InvalidFileException">The graph breaks the rules of ONNX.</exception>
    public static int? TextWidth(OnnxModelFile model)
    {
        ArgumentNullException.ThrowIfNull(model);
        UNetInputs inputs = UNetInputs.Find(model);
        OnnxValue text = model.Inputs.First(input => input.Name == inputs.Text);
        long? width = text.Dimensions is [_, _, { Size: >= 1 and var stated }] ? stated : OpenTextWidth.Find(new GraphIndex(model.Path, model.Proto), inputs);
        return width is >= 1 and <= Most ? (int)width : null;
    }

    /// <summary>Changes of type, scale and order of axes.</summary>
    private static bool KeepsChannels(NodeProto node) => node.Operator() is "Cast" or "Identity" or "Dropout" or "Mul" or "Div" or "Add" or "Sub" or "Transpose"
        or "com.microsoft.nchwc.ReorderInput";

    /// <summary>The input channels of a convolution; its weights are <c>[M, C / group, kH, kW]</c>, channels last in ONNX Runtime's NhwcConv.</summary>
    private static long? ConvolvedChannels(GraphIndex graph, NodeProto node)
    {
        if (node.Operator() is not ("Conv" or "com.microsoft.FusedConv" or "com.microsoft.NhwcConv" or "com.microsoft.NhwcFusedConv")) return null;
        string weight = node.InputAt(1);
        while (graph.Producer(weight) is { OpType: "Cast" or "Identity" or "DequantizeLinear" } before) weight = before.InputAt(0);
        if (graph.Initializer(weight)?.Dims is not { Count: 4 } sizes || node.Int("group", 1) is not (>= 1 and <= Most and var groups)) return null;
        long channels = node.OpType.StartsWith("Nhwc", StringComparison.Ordinal) ? sizes[3] : sizes[1];
        return channels is >= 1 and <= Most ? channels * groups : null;
    }
}
