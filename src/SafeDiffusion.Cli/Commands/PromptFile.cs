using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Cli.Commands;

/// <summary>Prompts, one a line; empty lines are left out.</summary>
internal static class PromptFile
{
    /// <exception cref="InvalidFileException">The file cannot be read.</exception>
    public static string[] Read(string path)
    {
        try
        {
            using StreamReader reader = new(path);
            return Read(reader);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {error.Message}", error);
        }
    }

    public static string[] Read(TextReader reader)
    {
        List<string> lines = [];
        while (reader.ReadLine() is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line)) lines.Add(line.Trim());
        }
        return [.. lines];
    }
}
