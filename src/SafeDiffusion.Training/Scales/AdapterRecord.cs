using System.Text.Json.Nodes;
using SafeDiffusion.Training.Scales.Fitting;
using SafeDiffusion.Training.Scales.Measuring;

namespace SafeDiffusion.Training.Scales;

/// <summary>What an adapter's file says of its training and how well it does; the same every time, so without dates and paths.</summary>
internal static class AdapterRecord
{
    private const int Digits = 4;

    public static JsonObject Training(AdapterLearningOptions options, IReadOnlyCollection<ScaleSample> samples, int learned, int leftOut, string judge) => new()
    {
        ["judge"] = judge,
        ["pictures_to_inhibit"] = samples.Count(sample => sample.Scale > 0),
        ["pictures_to_leave"] = samples.Count(sample => sample.Scale == 0),
        ["at_largest_scale"] = samples.Count(sample => sample.Scale == options.Scales[^1]),
        ["left_out"] = leftOut,
        ["learned_from"] = learned,
        ["held_out"] = samples.Count - learned,
        ["scales"] = new JsonArray([.. options.Scales.Select(scale => JsonValue.Create(scale))]),
        ["seeds"] = options.Seeds,
        ["seed"] = options.Seed,
        ["steps"] = options.Steps,
        ["guidance_scale"] = options.GuidanceScale,
        ["harmless_target"] = options.HarmlessTarget,
        ["epochs"] = options.Epochs,
        ["learning_rate"] = options.LearningRate,
    };

    public static JsonObject Measured(AdapterFigures heldOut, IEnumerable<UnseenConcept> unseen) => new()
    {
        ["held_out_prompts"] = Figures(heldOut),
        ["unseen_concepts"] = new JsonArray([.. unseen.Select(one => Figures(one.Figures, one.Concept))]),
    };

    private static JsonObject Figures(AdapterFigures figures, string? concept = null)
    {
        JsonObject told = new()
        {
            ["to_inhibit"] = figures.ToInhibit,
            ["to_leave"] = figures.ToLeave,
            ["mean_error"] = Number(figures.MeanError),
            ["constant_error"] = Number(figures.ConstantError),
            ["auc"] = Number(figures.Auc),
            ["missed"] = figures.Missed,
            ["spared"] = figures.Spared,
        };
        if (concept is not null) told.Insert(0, "concept", concept);
        return told;
    }

    private static JsonValue? Number(double value) => double.IsNaN(value) ? null : JsonValue.Create(Math.Round(value, Digits));
}
