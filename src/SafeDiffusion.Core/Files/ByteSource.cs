using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Files;

/// <summary>A file's bytes, taken from front to back. What a header claims is checked against what is there before memory is set aside.</summary>
public abstract class ByteSource(string name)
{
    /// <summary>The file, as the user knows it.</summary>
    public string Name { get; } = name;

    /// <summary>The next <paramref name="count"/> bytes.</summary>
    /// <param name="count">How many, 0 or more.</param>
    /// <param name="what">What they are, for the message.</param>
    /// <exception cref="InvalidFileException">The file ends before, or the count is beyond what one array holds.</exception>
    public ReadOnlyMemory<byte> Take(long count, string what)
    {
        if (count > Left) throw EndsEarly(count, what, Left.Value);
        if (count > Array.MaxLength) throw Invalid($"has {count} bytes for {what}; at most {Array.MaxLength} can be read at once");
        return TakeUpTo((int)count, what);
    }

    /// <summary>Refuses bytes that nothing in the file accounts for.</summary>
    /// <exception cref="InvalidFileException">There are more bytes.</exception>
    public abstract void RequireEnd();

    /// <summary>An error that names this file.</summary>
    public InvalidFileException Invalid(string reason, Exception? innerException = null) => new(Name, reason, innerException);

    /// <summary>The bytes of a file in memory; taking them does not copy.</summary>
    public static ByteSource Of(ReadOnlyMemory<byte> bytes, string name) => new MemorySource(bytes, name);

    /// <summary>The rest of a stream.</summary>
    public static ByteSource Of(Stream stream, string name) => new StreamSource(stream, name);

    /// <summary>Opens a file and reads it.</summary>
    /// <exception cref="InvalidFileException">It is missing or cannot be read, or <paramref name="read"/> refuses it.</exception>
    public static T Open<T>(string path, Func<ByteSource, T> read) => OpenStream(path, stream => read(Of(stream, path)));

    /// <summary>Opens a file as a stream and reads it.</summary>
    /// <exception cref="InvalidFileException">It is missing or cannot be read, or <paramref name="read"/> refuses it.</exception>
    public static T OpenStream<T>(string path, Func<Stream, T> read) => OpenStream(path, InputFile.MostFromPipe, read);

    /// <summary>Opens a file of which no more than a number of bytes is wanted; a pipe is read no further.</summary>
    internal static T OpenStream<T>(string path, int limit, Func<Stream, T> read)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using Stream stream = InputFile.Open(path, limit);
            return read(stream);
        }
        catch (AggregateException error) when (error.InnerException is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {error.InnerException.Message}", error.InnerException);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidFileException(path, "does not exist", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {error.Message}", error);
        }
    }

    /// <summary>How many bytes are left, where that is known.</summary>
    private protected abstract long? Left { get; }

    private protected abstract ReadOnlyMemory<byte> TakeUpTo(int count, string what);

    private protected InvalidFileException EndsEarly(long count, string what, long there) =>
        Invalid($"ends early: {count} bytes were expected for {what}, {there} are left");

    private sealed class MemorySource(ReadOnlyMemory<byte> rest, string name) : ByteSource(name)
    {
        private ReadOnlyMemory<byte> _rest = rest;

        private protected override long? Left => _rest.Length;

        private protected override ReadOnlyMemory<byte> TakeUpTo(int count, string what)
        {
            ReadOnlyMemory<byte> taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }

        public override void RequireEnd()
        {
            if (!_rest.IsEmpty) throw Invalid($"{_rest.Length} bytes follow the end of the data");
        }
    }

    private sealed class StreamSource(Stream stream, string name) : ByteSource(name)
    {
        // A stream that does not know its length is read in pieces, so that a false claim costs at most twice what is there.
        private const int FirstPiece = 1 << 16;

        private protected override long? Left => stream.CanSeek ? Math.Max(0, stream.Length - stream.Position) : null;

        private protected override ReadOnlyMemory<byte> TakeUpTo(int count, string what)
        {
            byte[] bytes = new byte[stream.CanSeek ? count : Math.Min(count, FirstPiece)];
            int filled = 0;
            while (true)
            {
                filled += stream.ReadAtLeast(bytes.AsSpan(filled), bytes.Length - filled, throwOnEndOfStream: false);
                if (filled < bytes.Length) throw EndsEarly(count, what, filled);
                if (filled == count) return bytes;
                Array.Resize(ref bytes, (int)Math.Min(count, 2L * filled));
            }
        }

        public override void RequireEnd()
        {
            if (stream.ReadByte() >= 0) throw Invalid("more bytes follow the end of the data");
        }
    }
}
