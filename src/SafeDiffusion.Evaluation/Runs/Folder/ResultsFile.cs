using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Runs.Folder;

/// <summary>
/// The results of a run, a line of JSON each; lines are only ever added. What was written when a process was killed may end in a
/// torn line, which is cut off when the file is opened again.
/// </summary>
internal sealed class ResultsFile : IDisposable
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly FileStream _stream;

    private ResultsFile(FileStream stream) => _stream = stream;

    /// <summary>Opens the file to add to it, and gives what it holds.</summary>
    /// <exception cref="InvalidFileException">The file cannot be opened, or a line that is not the last is damaged.</exception>
    public static ResultsFile Open(string path, out IReadOnlyList<PictureResult> results)
    {
        RequireRegular(path);
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            int whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
            results = Parse(bytes.AsSpan(0, whole), path);
            stream.SetLength(whole);
            stream.Position = whole;
            return new ResultsFile(stream);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            stream?.Dispose();
            throw new InvalidFileException(path, $"cannot be opened: {error.Message}", error);
        }
        catch
        {
            stream?.Dispose();
            throw;
        }
    }

    /// <summary>Reads a file that another run may be adding to; a torn last line is left out.</summary>
    /// <exception cref="InvalidFileException">The file cannot be read, or a line that is not the last is damaged.</exception>
    public static IReadOnlyList<PictureResult> Read(string path)
    {
        RequireRegular(path);
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return Parse(bytes.AsSpan(0, bytes.AsSpan().LastIndexOf((byte)'\n') + 1), path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Adds lines, in one write; once it has returned, they outlive a power cut.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Append(IEnumerable<PictureResult> results)
    {
        StringBuilder lines = new();
        foreach (PictureResult result in results) lines.Append(JsonSerializer.Serialize(result, _json)).Append('\n');
        if (lines.Length == 0) return;
        try
        {
            _stream.Write(Encoding.UTF8.GetBytes(lines.ToString()));
            _stream.Flush(flushToDisk: true);
        }
        catch (IOException error)
        {
            throw new InvalidFileException(_stream.Name, $"cannot be written: {error.Message}", error);
        }
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>Lines are added in place, and a torn one cut off: that is for files alone.</summary>
    private static void RequireRegular(string path)
    {
        if (FileFacts.Of(path).Kind is FileKind.Folder or FileKind.Special) throw new InvalidFileException(path, "is no regular file. Choose another folder.");
    }

    /// <summary>What no run writes, as a clause; null where there is nothing of it.</summary>
    private static string? Fault(PictureResult result)
    {
        if (!double.IsFinite(result.Seconds) || result.Seconds < 0 || result.Rows < 0) return "its rows or seconds are no possible numbers";
        if (result.Keep.Any(label => label is null)) return "a label is null";
        bool isJudged = result.Judgements.Values.All(judgement => judgement is { Findings.IsDefault: false }
            && judgement.Findings.All(finding => finding is { Label: not null } && double.IsFinite(finding.Score)));
        return isJudged ? null : "a judgement is null or holds a score that is not a finite number";
    }

    private static List<PictureResult> Parse(ReadOnlySpan<byte> bytes, string path)
    {
        List<PictureResult> results = [];
        for (int line = 1; bytes.Length > 0; line++)
        {
            int end = bytes.IndexOf((byte)'\n');
            try
            {
                PictureResult result = JsonSerializer.Deserialize<PictureResult>(bytes[..end], _json) ?? throw new JsonException("it is null");
                results.Add(Fault(result) is { } fault ? throw new JsonException(fault) : result);
            }
            catch (JsonException error)
            {
                throw new InvalidFileException(path, $"line {line} is no result: {error.Message}. Remove the line, and it will be drawn again.", error);
            }
            bytes = bytes[(end + 1)..];
        }
        return results;
    }
}
