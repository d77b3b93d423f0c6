using System.Globalization;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Baking;

/// <summary>Puts new bytes in a weight's place: into the graph where it was inside, into one new file where it was external.</summary>
/// <param name="stream">The new file.</param>
/// <param name="location">Its name beside the model.</param>
internal sealed class ErasedData(Stream stream, string location)
{
    /// <summary>What ONNX recommends for data that is mapped.</summary>
    private const int Alignment = 4096;

    public void Replace(TensorProto tensor, ReadOnlyMemory<byte> bytes)
    {
        tensor.FloatData.Clear();
        tensor.DoubleData.Clear();
        tensor.Int32Data.Clear();
        if (tensor.DataLocation != TensorProto.Types.DataLocation.External)
        {
            tensor.RawData = Google.Protobuf.ByteString.CopyFrom(bytes.Span);
            return;
        }
        stream.Write(new byte[(Alignment - stream.Position % Alignment) % Alignment]);
        tensor.ExternalData.Clear();
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        tensor.ExternalData.Add(Number("offset", stream.Position));
        tensor.ExternalData.Add(Number("length", bytes.Length));
        stream.Write(bytes.Span);
    }

    private static StringStringEntryProto Number(string key, long value) => new() { Key = key, Value = value.ToString(CultureInfo.InvariantCulture) };
}
