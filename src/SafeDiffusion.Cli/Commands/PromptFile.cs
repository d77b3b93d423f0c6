using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Cli.Commands;

/// <summary>Prompts, one a line; empty lines are left out.</summary>
internal static class PromptFile
{
    private const int MaxBytes = 16 << 20;

    /// <exception cref="InvalidFileException">The file cannot be read, or is neither UTF-8 nor UTF-16 with a mark.</exception>
    public static string[] Read(string path) => BoundedFile.ReadLines(path, MaxBytes);

    /// <summary>Reads standard input as it is: the console's reader would put question marks in place of what it cannot decode.</summary>
    /// <exception cref="InvalidFileException">It is neither UTF-8 nor UTF-16 with a mark.</exception>
    public static string[] ReadInput()
    {
        using Stream input = Console.OpenStandardInput();
        return BoundedFile.ReadLines(input, "standard input", MaxBytes);
    }
}
