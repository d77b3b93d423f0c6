using Google.Protobuf;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>ONNX Runtime writes the constants of an If's branches twice where weights have a file of their own, and then refuses the graph.</summary>
public static class RepeatedConstants
{
    /// <summary>Leaves one of each in a model file that ONNX Runtime has written.</summary>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static void RemoveFrom(string file)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(file));
        foreach (GraphProto branch in model.Graph.Node.SelectMany(TopologicalOrder.NestedGraphs))
        {
            TensorProto[] single = [.. branch.Initializer.DistinctBy(tensor => tensor.Name)];
            branch.Initializer.Clear();
            branch.Initializer.Add(single);
        }
        File.WriteAllBytes(file, model.ToByteArray());
    }
}
