using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Core.Tensors;

/// <summary>
/// One tensor in NumPy's .npy format, versions 1 to 3. Big-endian and Fortran-ordered files are read into the order of
/// <see cref="StoredTensor"/>. Pickled objects are never loaded; records, strings, complex numbers and .npz archives are refused.
/// </summary>
public static class NpyFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidFileException">The file is missing, damaged, or of a kind that is refused.</exception>
    public static StoredTensor Load(string path) => ByteSource.Open(path, Read);

    /// <summary>Reads the rest of a stream, which is left open.</summary>
    /// <param name="stream">The stream; one that cannot seek is read in pieces.</param>
    /// <param name="name">What the messages call it.</param>
    /// <exception cref="InvalidFileException">The content is damaged, or of a kind that is refused.</exception>
    public static StoredTensor Read(Stream stream, string name) => Read(ByteSource.Of(stream, name));

    /// <summary>Reads a file's bytes. Where they need no reordering, the tensor is a view of them.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What the messages call it.</param>
    /// <exception cref="InvalidFileException">The content is damaged, or of a kind that is refused.</exception>
    public static StoredTensor Read(ReadOnlyMemory<byte> bytes, string name) => Read(ByteSource.Of(bytes, name));

    /// <summary>Writes the file whole or not at all; in version 1, little-endian, C order.</summary>
    /// <exception cref="ArgumentException">NumPy has no such element type, or more than 64 dimensions.</exception>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public static void Save(string path, StoredTensor tensor) => AtomicFile.Write(path, stream => Write(stream, tensor));

    /// <summary>Writes a tensor in version 1, little-endian, C order: the bytes that NumPy itself would write.</summary>
    /// <exception cref="ArgumentException">NumPy has no such element type (BF16, floating point of 8 bits), or more than 64 dimensions.</exception>
    public static void Write(Stream stream, StoredTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensor);
        stream.Write(NpyHeader.Format(tensor));
        stream.Write(tensor.Bytes.Span);
    }

    private static StoredTensor Read(ByteSource source)
    {
        NpyHeader header = NpyHeader.Read(source);
        if (!TensorShape.TryCount(header.Shape, header.Type.Size(), out _, out long length))
            throw source.Invalid($"claims the shape {TensorShape.Describe(header.Shape)}, which is negative or above 2^63 bytes");

        ReadOnlyMemory<byte> bytes = source.Take(length, "the data");
        source.RequireEnd();
        if (header.BigEndian) bytes = NpyOrder.Swap(bytes.Span, header.Type.Size());
        if (header.Fortran) bytes = NpyOrder.ToRowMajor(bytes.Span, header.Shape, header.Type.Size());
        return new StoredTensor(header.Type, header.Shape, bytes);
    }
}
