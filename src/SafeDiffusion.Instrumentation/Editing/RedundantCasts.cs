using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;

namespace SafeDiffusion.Instrumentation.Editing;

/// <summary>
/// Turns Casts from float16 to float16 into Identity. ONNX Runtime 1.29's CPU provider, without graph optimisation, refuses graphs in which
/// such a Cast stands where it inserts its own (seen with the output of ONNX Runtime's float16 tool).
/// </summary>
internal static class RedundantCasts
{
    public static void Remove(GraphProto graph, IReadOnlyDictionary<string, Facts> facts)
    {
        foreach (NodeProto node in graph.Node.Where(node => node.Operator() == "Cast" && IsHalf(node.InputAt(0)) && node.Int("to", 0) == (int)OnnxElementType.Float16))
        {
            node.OpType = "Identity";
            node.Attribute.Clear();
        }

        bool IsHalf(string value) => facts.TryGetValue(value, out Facts? known) && known.Type == OnnxElementType.Float16;
    }
}
