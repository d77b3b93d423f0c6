using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Core.Tensors;

/// <summary>
/// Named tensors and string metadata in the safetensors format. Reading is strict: a file with a hole, an overlap, a name twice or
/// anything else that two readers could take differently is refused, and no memory is set aside for what the file only claims to hold.
/// </summary>
public sealed class SafeTensorsFile
{
    private readonly string _name;

    /// <summary>Makes a file's content.</summary>
    /// <param name="tensors">The tensors by name.</param>
    /// <param name="metadata">Strings by key; null for none.</param>
    /// <exception cref="ArgumentException">A tensor is called <c>__metadata__</c>, or a text is not valid Unicode.</exception>
    public SafeTensorsFile(IReadOnlyDictionary<string, StoredTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
        : this("(a safetensors file in memory)", tensors, metadata ?? ImmutableSortedDictionary<string, string>.Empty)
    {
        if (tensors.ContainsKey(SafeTensorsHeader.MetadataName))
            throw new ArgumentException($"A tensor cannot be called {SafeTensorsHeader.MetadataName}: the format keeps that name.", nameof(tensors));
        RequireUnicode(Tensors.Keys, nameof(tensors));
        RequireUnicode(Metadata.Keys.Concat(Metadata.Values), nameof(metadata));
    }

    internal SafeTensorsFile(string name, IReadOnlyDictionary<string, StoredTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        _name = name;
        Tensors = tensors.ToImmutableSortedDictionary(StringComparer.Ordinal);
        Metadata = metadata.ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    /// <summary>The tensors by name, in ordinal order of the names.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    /// <summary>The metadata, in ordinal order of the keys; empty where the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <inheritdoc cref="Get(string)"/>
    public StoredTensor this[string name] => Get(name);

    /// <summary>The tensor of a name.</summary>
    /// <exception cref="InvalidFileException">There is none of that name; the message says which there are.</exception>
    public StoredTensor Get(string name)
    {
        if (Tensors.TryGetValue(name, out StoredTensor? tensor)) return tensor;
        throw new InvalidFileException(_name, $"has no tensor '{name}'; it has {DescribeNames()}");
    }

    /// <summary>The tensor of a name, if it has the shape that is needed.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">The dimensions; -1 stands for any size.</param>
    /// <exception cref="InvalidFileException">There is none of that name, or it has another shape.</exception>
    public StoredTensor Get(string name, ReadOnlySpan<long> shape)
    {
        StoredTensor tensor = Get(name);
        if (Fits(tensor.Shape.AsSpan(), shape)) return tensor;
        throw new InvalidFileException(_name, $"the tensor '{name}' is {tensor}, but the shape {TensorShape.Describe(shape)} is needed");
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidFileException">The file is missing, damaged or ambiguous.</exception>
    public static SafeTensorsFile Load(string path) => ByteSource.Open(path, SafeTensorsReader.Read);

    /// <summary>Reads the rest of a stream, which is left open.</summary>
    /// <param name="stream">The stream; one that cannot seek is read in pieces.</param>
    /// <param name="name">What the messages call it.</param>
    /// <exception cref="InvalidFileException">The content is damaged or ambiguous.</exception>
    public static SafeTensorsFile Read(Stream stream, string name) => SafeTensorsReader.Read(ByteSource.Of(stream, name));

    /// <summary>Reads a file's bytes. The tensors are views of them.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What the messages call it.</param>
    /// <exception cref="InvalidFileException">The content is damaged or ambiguous.</exception>
    public static SafeTensorsFile Read(ReadOnlyMemory<byte> bytes, string name) => SafeTensorsReader.Read(ByteSource.Of(bytes, name));

    /// <summary>Writes the file whole or not at all.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.Write(path, Write);

    /// <summary>
    /// Writes the content. Equal content gives equal bytes, those of the reference implementation: metadata first, then the tensors,
    /// wide element types first and by name within a type, so that every tensor is aligned.
    /// </summary>
    public void Write(Stream stream) => SafeTensorsWriter.Write(this, stream);

    private string DescribeNames() => Tensors.Count switch
    {
        0 => "none",
        <= 20 => string.Join(", ", Tensors.Keys.Select(key => $"'{key}'")),
        int count => $"{string.Join(", ", Tensors.Keys.Take(20).Select(key => $"'{key}'"))} and {count - 20} more",
    };

    private static bool Fits(ReadOnlySpan<long> actual, ReadOnlySpan<long> needed)
    {
        if (actual.Length != needed.Length) return false;
        for (int i = 0; i < actual.Length; i++)
        {
            if (needed[i] >= 0 && needed[i] != actual[i]) return false;
        }
        return true;
    }

    private static void RequireUnicode(IEnumerable<string> texts, string parameter)
    {
        if (!texts.All(UnicodeText.IsValid)) throw new ArgumentException("A name or value holds half of a surrogate pair.", parameter);
    }
}
