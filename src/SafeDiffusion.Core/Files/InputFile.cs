using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Files;

/// <summary>
/// Opens files to read. What is no regular file (a pipe such as the shell's <c>&lt;(…)</c>, a device) is read into memory first, up to a limit and
/// no longer than something comes: a pipe that nobody writes to must not hang a program.
/// </summary>
internal static class InputFile
{
    /// <summary>The most bytes that are taken from a pipe or a device.</summary>
    public const int MostFromPipe = 64 << 20;

    private const int Piece = 1 << 16;

    /// <summary>How long a pipe may give nothing.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    /// <param name="path">The file.</param>
    /// <param name="limit">The most bytes that are wanted of it.</param>
    /// <exception cref="InvalidFileException">It is a folder or no path, or a pipe that gives nothing or more than the limit.</exception>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    public static Stream Open(string path, int limit = MostFromPipe) => FileFacts.Of(path).Kind switch
    {
        FileKind.Folder => throw new InvalidFileException(path, "is a folder; a file is needed."),
        FileKind.Special => ReadPipe(path, Math.Min(limit, MostFromPipe), _patience),
        _ => File.OpenRead(path),
    };

    /// <summary>Reads a pipe to its end.</summary>
    internal static MemoryStream ReadPipe(string path, int limit, TimeSpan patience)
    {
        int total = 0;
        MemoryStream bytes = new();
        Task reading = Task.Factory.StartNew(Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        for (int before = -1; !reading.Wait(patience) && !reading.IsCompleted;)
        {
            int now = Volatile.Read(ref total);
            if (now == before || now == 0) throw new InvalidFileException(path, $"is a pipe or a device that gives nothing: nothing came for {patience.TotalSeconds:0.#} seconds.");
            before = now;
        }
        if (total > limit) throw TooLong(path, limit);
        bytes.Position = 0;
        return bytes;

        void Read()
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            byte[] piece = new byte[Piece];
            while (total <= limit && stream.Read(piece) is > 0 and var read)
            {
                bytes.Write(piece, 0, read);
                Volatile.Write(ref total, total + read);
            }
        }
    }

    internal static InvalidFileException TooLong(string path, int limit) => new(path, $"has more than {limit} bytes, which is the most that is expected.");
}
