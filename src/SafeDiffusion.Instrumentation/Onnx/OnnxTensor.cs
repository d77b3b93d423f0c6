using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>A tensor that is stored with a model, in its file or beside it. Its elements are read when they are asked for.</summary>
public sealed class OnnxTensor
{
    private readonly OnnxModelFile _model;
    private readonly TensorProto _tensor;

    internal OnnxTensor(OnnxModelFile model, TensorProto tensor)
    {
        _model = model;
        _tensor = tensor;
        Shape = [.. tensor.Dims];
    }

    /// <summary>Its name; empty for a constant of a node.</summary>
    public string Name => _tensor.Name;

    /// <summary>The type of its elements.</summary>
    public OnnxElementType ElementType => (OnnxElementType)_tensor.DataType;

    /// <summary>The dimensions; empty for a single number.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>Reads the elements.</summary>
    /// <returns>The elements: little-endian, the last dimension fastest.</returns>
    /// <exception cref="InvalidFileException">They do not fill the shape, are of a type without a fixed width, or cannot be read.</exception>
    public ReadOnlyMemory<byte> ReadBytes()
    {
        long needed = TensorBytes.Count(_tensor) ?? throw Invalid($"has elements of type {ElementType}, or dimensions, that cannot be read");
        if (needed > Array.MaxLength) throw Invalid($"has {needed} bytes; at most {Array.MaxLength} can be read at once");
        ReadOnlyMemory<byte> bytes = ExternalData.Place(_model.Path, _tensor) is { } place ? ReadExternal(place, needed)
            : _tensor.HasRawData ? _tensor.RawData.Memory
            : Typed() ?? throw Invalid($"has elements of type {ElementType} in a form that cannot be read");
        return bytes.Length == needed ? bytes : throw Invalid($"has {bytes.Length} bytes, and its shape takes {needed}");
    }

    private byte[] ReadExternal(ExternalPlace place, long needed)
    {
        if (place.Length != needed) throw Invalid($"has {place.Length} bytes in external data, and its shape takes {needed}");
        byte[] bytes = new byte[needed];
        try
        {
            using SafeFileHandle handle = File.OpenHandle(Path.Combine(_model.Folder, place.Location));
            for (int done = 0; done < bytes.Length;)
            {
                int read = RandomAccess.Read(handle, bytes.AsSpan(done), place.Offset + done);
                if (read == 0) throw Invalid($"ends early in '{place.Location}'");
                done += read;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(_model.Path, $"the external data '{place.Location}' cannot be read: {error.Message}", error);
        }
        return bytes;
    }

    private byte[]? Typed() => ElementType switch
    {
        OnnxElementType.Float32 => Bytes<float>([.. _tensor.FloatData]),
        OnnxElementType.Float64 => Bytes<double>([.. _tensor.DoubleData]),
        OnnxElementType.Int64 => Bytes<long>([.. _tensor.Int64Data]),
        OnnxElementType.UInt64 => Bytes<ulong>([.. _tensor.Uint64Data]),
        OnnxElementType.UInt32 => Bytes<uint>([.. _tensor.Uint64Data.Select(value => (uint)value)]),
        OnnxElementType.Int32 => Bytes<int>([.. _tensor.Int32Data]),
        OnnxElementType.Float16 or OnnxElementType.BFloat16 or OnnxElementType.Int16 or OnnxElementType.UInt16 => Bytes<ushort>([.. _tensor.Int32Data.Select(value => (ushort)value)]),
        OnnxElementType.Boolean or OnnxElementType.Int8 or OnnxElementType.UInt8 => Bytes<byte>([.. _tensor.Int32Data.Select(value => (byte)value)]),
        _ => null,
    };

    private static byte[] Bytes<T>(T[] values) where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();

    private InvalidFileException Invalid(string reason) => new(_model.Path, $"the tensor '{Name}' {reason}");
}
