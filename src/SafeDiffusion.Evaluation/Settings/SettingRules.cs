using System.Diagnostics.CodeAnalysis;
using SafeDiffusion.Core.Errors;
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
