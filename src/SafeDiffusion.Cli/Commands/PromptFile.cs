using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Cli.Commands;

/// <summary>Prompts, one a line; empty lines are left out.</summary>
internal static class PromptFile
{
    private const int MaxBytes = 16 << 20;

    /// <exception cref="InvalidFileException">The file cannot be read, is too large or not UTF-8.</exception>
    public static string[] Read(string path)
    {
        using StringReader reader = new(BoundedFile.ReadText(path, MaxBytes));
        return Read(reader);
    }

    public static string[] Read(TextReader reader)
    {
        List<string> lines = [];
        int left = MaxBytes;
        while (reader.ReadLine() is { } line)
        {
            if ((left -= line.Length + 1) < 0) throw new InvalidRequestException("prompts", $"are more than {MaxBytes} characters.");
            if (!string.IsNullOrWhiteSpace(line)) lines.Add(line.Trim());
        }
        return [.. lines];
    }
}
