using System.Diagnostics.CodeAnalysis;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Settings;

/// <summary>What the settings of all networks of a suite have in common.</summary>
internal static class SettingRules
{
    /// <summary>Refuses a path that would leave the folder it begins in.</summary>
    public static void RequireInside(this FieldCheck check, string? value, string field)
    {
        check.RequireText(value, field);
        bool isInside = value.IndexOfAny(['\\', ':']) < 0 && !value.StartsWith('/') && !value.Any(char.IsControl) && !value.Split('/').Contains("..");
        check.Require(isInside, field, $"is '{value}'; give a path relative to the settings' folder, with forward slashes, that does not leave it.");
    }

    /// <summary>The full path of a file or folder that settings name.</summary>
    /// <param name="folder">The settings' folder.</param>
    /// <param name="path">The path, as <see cref="RequireInside"/> lets it pass.</param>
    /// <exception cref="InvalidFileException">A link leads it out of the folder.</exception>
    public static string Locate(string folder, string path)
    {
        if (InnerPath.Fault(RealPath.Of(folder), path, "the settings") is { } fault) throw new InvalidFileException(path, $"{fault}. Put the file itself there.");
        return Path.Combine(folder, path);
    }

    public static void RequireInput(this FieldCheck check, [NotNull] ImageInput? input, string field)
    {
        check.Require(input is not null, field, "is missing.");
        try
        {
            input.Validate("");
        }
        catch (InvalidRequestException error)
        {
            throw check.Error($"{field}{error.Field}", error.Reason);
        }
    }
}
