using System.Runtime.InteropServices;
using Google.Protobuf;
using SafeDiffusion.Instrumentation.Onnx;
using Dimension = SafeDiffusion.Instrumentation.Onnx.TensorShapeProto.Types.Dimension;

namespace SafeDiffusion.Pipeline.Layouts;

/// <summary>Makes of the shapes model's graphs what other exporters would have written.</summary>
internal static class GraphExport
{
    private const int SmallestExternal = 1024;

    /// <summary>Moves a network's weights into a file beside it.</summary>
    public static ModelVariant External(this ModelVariant variant, string network, string location)
    {
        using FileStream data = File.Create(variant.File($"{network}/{location}"));
        return variant.Edit(network, graph =>
        {
            foreach (TensorProto tensor in graph.Initializer.Where(tensor => tensor.RawData.Length >= SmallestExternal))
            {
                tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
                tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = $"{data.Position}" });
                tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = $"{tensor.RawData.Length}" });
                data.Write(tensor.RawData.Span);
                tensor.ClearRawData();
                tensor.DataLocation = TensorProto.Types.DataLocation.External;
            }
        });
    }

    /// <summary>Gives an input or output names in place of sizes; an empty name leaves an axis without any.</summary>
    public static void NameAxes(GraphProto graph, string value, params string[] names) =>
        SetAxes(graph, value, [.. names.Select(name => name.Length == 0 ? new Dimension() : new Dimension { DimParam = name })]);

    /// <summary>Fixes an input's or output's sizes.</summary>
    public static void FixAxes(GraphProto graph, string value, params long[] sizes) =>
        SetAxes(graph, value, [.. sizes.Select(size => new Dimension { DimValue = size })]);

    /// <summary>Turns weights, constants, inputs and outputs into float16, but the timestep's embedding, as PyTorch exports a half-precision model.</summary>
    public static void Halve(GraphProto graph)
    {
        foreach (TensorProto tensor in graph.Initializer) Halve(tensor);
        HashSet<string> kept = [.. graph.Node.Where(node => node.OpType == "Resize").SelectMany(node => node.Input.Skip(1))];
        foreach (NodeProto node in graph.Node.Where(node => !node.Name.Contains("time_proj", StringComparison.Ordinal) && !node.Output.Any(kept.Contains)))
        {
            foreach (AttributeProto attribute in node.Attribute)
            {
                if (attribute.T is { } tensor) Halve(tensor);
                if (node.OpType == "Cast" && attribute.I == (int)OnnxElementType.Float32) attribute.I = (int)OnnxElementType.Float16;
            }
        }
        foreach (ValueInfoProto value in graph.Input.Concat(graph.Output).Where(value => value.Name != "timestep" && value.Type.TensorType.ElemType == (int)OnnxElementType.Float32))
            value.Type.TensorType.ElemType = (int)OnnxElementType.Float16;
        graph.ValueInfo.Clear();
    }

    /// <summary>Lets ONNX Runtime's channels-last convolution, which only CUDA has, take the first convolution's place.</summary>
    public static void FuseForCuda(ModelProto model)
    {
        NodeProto convolution = model.Graph.Node.First(node => node.OpType == "Conv");
        (convolution.OpType, convolution.Domain) = ("NhwcConv", "com.microsoft");
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
    }

    private static void SetAxes(GraphProto graph, string value, Dimension[] axes)
    {
        TensorShapeProto shape = graph.Input.Concat(graph.Output).First(candidate => candidate.Name == value).Type.TensorType.Shape;
        shape.Dim.Clear();
        shape.Dim.Add(axes);
    }

    private static void Halve(TensorProto tensor)
    {
        if (tensor.DataType != (int)OnnxElementType.Float32) return;
        Half[] halves = [.. MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray().Select(value => (Half)value)];
        tensor.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<Half>(halves));
        tensor.DataType = (int)OnnxElementType.Float16;
    }
}
