using System.Text;
using Google.Protobuf;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>Reads and makes node attributes.</summary>
internal static class Attributes
{
    public static AttributeProto? Find(this NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);

    public static long Int(this NodeProto node, string name, long otherwise) => node.Find(name) is { HasI: true } found ? found.I : otherwise;

    public static float? Float(this NodeProto node, string name) => node.Find(name) is { HasF: true } found ? found.F : null;

    public static long[]? Ints(this NodeProto node, string name) => node.Find(name) is { } found ? [.. found.Ints] : null;

    public static string? Text(this NodeProto node, string name) => node.Find(name) is { HasS: true } found ? found.S.ToStringUtf8() : null;

    public static string InputAt(this NodeProto node, int index) => index < node.Input.Count ? node.Input[index] : "";

    /// <summary>The operator with its domain in front where that is not ONNX's own.</summary>
    public static string Operator(this NodeProto node) => OnnxValues.IsOnnx(node.Domain) ? node.OpType : $"{node.Domain}.{node.OpType}";

    /// <summary>The node's name, or its first output where it has none.</summary>
    public static string Label(this NodeProto node) => node.Name.Length > 0 ? node.Name : node.Output.FirstOrDefault(output => output.Length > 0) ?? "(no name)";

    public static AttributeProto Of(string name, long value) => new() { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int };

    public static AttributeProto Of(string name, string value) =>
        new() { Name = name, S = ByteString.CopyFrom(value, Encoding.UTF8), Type = AttributeProto.Types.AttributeType.String };

    public static AttributeProto Of(string name, TensorProto value) => new() { Name = name, T = value, Type = AttributeProto.Types.AttributeType.Tensor };

    public static AttributeProto Of(string name, params long[] values)
    {
        AttributeProto attribute = new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.Add(values);
        return attribute;
    }
}
