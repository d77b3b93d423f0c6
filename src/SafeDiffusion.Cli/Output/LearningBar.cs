using System.Globalization;
using SafeDiffusion.Training;
using SafeDiffusion.Training.Scales;

namespace SafeDiffusion.Cli.Output;

/// <summary>How far a stage of learning is.</summary>
/// <param name="Stage">Its name.</param>
/// <param name="Done">What is done.</param>
/// <param name="Total">All there is.</param>
/// <param name="Text">What the bar says; null for the stage's name.</param>
internal readonly record struct LearningBar(string Stage, int Done, int Total, string? Text)
{
    public static LearningBar Of(GuidelineLearningProgress value) => new(
        Name(value.Stage), value.Done, value.Total,
        value is { Loss: { } loss, Iou: { } iou } ? string.Create(CultureInfo.InvariantCulture, $"learning: loss {loss:0.0000}, overlap {iou:0.000}") : null);

    public static LearningBar Of(AdapterLearningProgress value) =>
        new(Name(value.Stage), value.Done, value.Total, value.Loss is { } loss ? string.Create(CultureInfo.InvariantCulture, $"learning: loss {loss:0.000}") : null);

    private static string Name<T>(T stage) where T : struct, Enum => stage.ToString().ToLowerInvariant();
}
