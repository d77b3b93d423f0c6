using System.Globalization;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>A new file of external data, written from the front.</summary>
/// <param name="stream">The file.</param>
/// <param name="location">Its name beside the model.</param>
internal sealed class ExternalDataFile(Stream stream, string location)
{
    /// <summary>What ONNX recommends for data that is mapped.</summary>
    private const int Alignment = 4096;
    private readonly HashSet<TensorProto> _tensors = new(ReferenceEqualityComparer.Instance);

    /// <summary>Puts a tensor's elements here.</summary>
    public void Put(TensorProto tensor, ReadOnlySpan<byte> bytes)
    {
        stream.Write(new byte[(Alignment - stream.Position % Alignment) % Alignment]);
        TensorContents.Clear(tensor);
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        tensor.ExternalData.Add(Number("offset", stream.Position));
        tensor.ExternalData.Add(Number("length", bytes.Length));
        stream.Write(bytes);
        _tensors.Add(tensor);
    }

    /// <summary>Puts other elements into a tensor: here where they were external, into the model itself where not.</summary>
    public void Replace(TensorProto tensor, ReadOnlyMemory<byte> bytes)
    {
        if (tensor.DataLocation == TensorProto.Types.DataLocation.External) Put(tensor, bytes.Span);
        else TensorContents.Replace(tensor, bytes);
    }

    /// <summary>Whether a tensor's elements were put here.</summary>
    public bool Holds(TensorProto tensor) => _tensors.Contains(tensor);

    private static StringStringEntryProto Number(string key, long value) => new() { Key = key, Value = value.ToString(CultureInfo.InvariantCulture) };
}
