using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Lets the CPU provider run packed keys and values: takes them apart before each MultiHeadAttention.</summary>
internal static class PackedAttention
{
    public static OnnxModelFile Unpacked(OnnxModelFile model)
    {
        ModelProto proto = model.Proto.Clone();
        foreach (NodeProto node in proto.Graph.Node.Where(node => node.OpType == "MultiHeadAttention" && node.Input.Count == 2).ToArray())
        {
            string packed = node.Input[1];
            node.Input[1] = Part(proto.Graph, packed, 0);
            node.Input.Add(Part(proto.Graph, packed, 1));
        }
        return new OnnxModelFile(model.Path, proto);
    }

    private static string Part(GraphProto graph, string packed, long index)
    {
        string constant = Add(graph, "Constant", $"{packed}.{index}.index", [], Attributes.Of("value_int", index));
        string part = Add(graph, "Gather", $"{packed}.{index}", [packed, constant], Attributes.Of("axis", 3));
        string shape = Add(graph, "Constant", $"{packed}.{index}.shape", [], Attributes.Of("value_ints", 0, 0, -1));
        return Add(graph, "Reshape", $"{packed}.{index}.flat", [part, shape]);
    }

    private static string Add(GraphProto graph, string operation, string output, string[] inputs, params AttributeProto[] attributes)
    {
        NodeProto node = new() { OpType = operation };
        node.Input.Add(inputs);
        node.Output.Add(output);
        node.Attribute.Add(attributes);
        graph.Node.Add(node);
        return output;
    }
}
