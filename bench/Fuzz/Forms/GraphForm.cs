using Google.Protobuf;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Tests;

namespace Fuzz.Forms;

/// <summary>ONNX: the graph's nodes, attributes and sizes as the tests' mutator changes them, or the fields of the protocol buffer.</summary>
internal sealed class GraphForm : IForm
{
    public static GraphForm Instance { get; } = new();

    public byte[] Change(Random random, byte[] input, byte[] other) =>
        random.OneIn(3) || Parse(input) is not { } model ? ProtobufForm.Instance.Change(random, input, other) : new GraphMutator(random.Next()).Mutate(model).ToBytes();

    /// <summary>Null where there is no graph to change.</summary>
    private static OnnxModelFile? Parse(byte[] bytes)
    {
        try
        {
            ModelProto proto = ModelProto.Parser.ParseFrom(bytes);
            return proto.Graph is null || proto.OpsetImport.Count == 0 ? null : new OnnxModelFile("fuzz.onnx", proto);
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or SafeDiffusionException)
        {
            return null;
        }
    }
}
