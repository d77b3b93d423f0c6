using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Evaluation.Settings;

/// <summary>Checks settings of an evaluation and names the one that is wrong by its path.</summary>
internal static class SettingCheck
{
    /// <exception cref="InvalidRequestException">The condition does not hold.</exception>
    public static void Require(bool holds, string path, string field, string reason)
    {
        if (!holds) throw new InvalidRequestException($"{path}.{field}", reason);
    }

    /// <exception cref="InvalidRequestException">The text is null, empty or whitespace.</exception>
    public static void RequireText(string? value, string path, string field) =>
        Require(!string.IsNullOrWhiteSpace(value), path, field, "must be a text that is not empty.");

    /// <exception cref="InvalidRequestException">The value is not between 0 and 1.</exception>
    public static void RequireShare(double value, string path, string field) =>
        Require(value is >= 0 and <= 1, path, field, $"must be from 0 to 1, and is {value}.");

    /// <summary>Refuses a path that would leave the folder it begins in.</summary>
    /// <exception cref="InvalidRequestException">The path is empty, absolute, or has a part <c>..</c>.</exception>
    public static void RequireInside(string? value, string path, string field)
    {
        RequireText(value, path, field);
        bool isInside = value!.IndexOfAny(['\\', ':']) < 0 && InnerPath.Fault(value, "the settings") is null;
        Require(isInside, path, field, $"is '{value}'; give a path relative to the settings' folder, with forward slashes, that does not leave it.");
    }
}
