using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Training;

/// <summary>Checks options before anything is loaded.</summary>
internal static class LearningCheck
{
    /// <exception cref="InvalidRequestException">An option is out of range.</exception>
    public static void Require(GuidelineLearningOptions options)
    {
        FieldCheck check = FieldCheck.OfRequest("");
        check.Require(!string.IsNullOrWhiteSpace(options.Concept), "concept", "is empty; name what is to be detected.");
        check.Require(options.Synonyms.All(name => !string.IsNullOrWhiteSpace(name)), "synonyms", "hold an empty text.");
        check.Require(options.Instead is null || !string.IsNullOrWhiteSpace(options.Instead), "instead", "is empty; name what to draw, or leave it out.");
        check.Require(options.UnsafePictures >= 0, "unsafe pictures", $"must be at least 0, and are {options.UnsafePictures}.");
        check.Require(options.SafePictures >= 0, "safe pictures", $"must be at least 0, and are {options.SafePictures}.");
        bool draws = options.Prompts.Count > 0 || options.SafePrompts.Count > 0;
        check.Require(draws || options.Pictures.Count > 0, "pictures", "are missing: give prompts to draw them from, or bring some along with masks.");
        check.Require(!draws || options.Annotator is not null, "annotator", "is missing: drawn pictures need somebody to mark the concept in them.");
        check.Require(float.IsFinite(options.GuidanceScale) && options.GuidanceScale >= 1, "guidance", $"must be at least 1, and is {options.GuidanceScale}.");
        check.Require(options.HeldOut is > 0 and < 0.5, "held-out", $"must be above 0 and below 0.5, and is {options.HeldOut}.");
        check.Require(options.MaskWidths > 0 && double.IsFinite(options.MaskWidths), "mask widths", $"must be above 0, and are {options.MaskWidths}.");
        check.Require(options.FalseTriggers is >= 0 and < 1, "false triggers", $"must be at least 0 and below 1, and are {options.FalseTriggers}.");
        check.RequirePositive(options.ConceptWeight, "concept weight");
        check.RequirePositive(options.Ridge, "ridge");
        check.RequirePositive(options.LearningRate, "learning rate");
        check.Require(options.StepsPerPicture >= 1, "steps per picture", $"must be at least 1, and are {options.StepsPerPicture}.");
        check.Require(options.HardRounds >= 0, "hard rounds", $"must be at least 0, and are {options.HardRounds}.");
        check.Require(options.CacheLimit > 0, "cache-limit", $"must be above 0, and is {options.CacheLimit}.");
    }
}
