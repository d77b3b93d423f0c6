using System.Text.Json.Nodes;
using SafeDiffusion.Training.Learning;
using SafeDiffusion.Training.Measuring;

namespace SafeDiffusion.Training;

/// <summary>What a guideline's file says of its training and its measured separation; the same every time, so without dates and paths.</summary>
internal static class LearningRecord
{
    private const int Digits = 4;

    public static JsonObject Training(GuidelineLearningOptions options, LearningSet set, PictureSplit split)
    {
        JsonObject record = new()
        {
            ["method"] = options.Method.ToString().ToLowerInvariant(),
            ["pictures_with_concept"] = Enumerable.Range(0, set.Pictures).Count(set.ShowsConcept),
            ["pictures_without"] = Enumerable.Range(0, set.Pictures).Count(picture => !set.ShowsConcept(picture)),
            ["brought_along"] = options.Pictures.Count,
            ["learned_from"] = split.Learned.Length,
            ["checked_on"] = split.Checked.Length,
            ["held_out"] = split.HeldOut.Length,
            ["annotator"] = options.Annotator?.Description,
            ["steps"] = options.Steps,
            ["timesteps_kept"] = set.Plan.Steps.Length,
            ["guidance_scale"] = options.GuidanceScale,
            ["seed"] = options.Seed,
            ["concept_weight"] = options.ConceptWeight,
            ["false_triggers"] = options.FalseTriggers,
            ["mask_widths"] = options.MaskWidths,
        };
        if (options.Method == GuidelineMethod.Newton) (record["ridge"], record["hard_rounds"]) = (options.Ridge, options.HardRounds);
        else (record["learning_rate"], record["steps_per_picture"]) = (options.LearningRate, options.StepsPerPicture);
        return record;
    }

    public static JsonObject Measured(Separation separation) => new()
    {
        ["with_concept"] = separation.WithConcept,
        ["without_concept"] = separation.WithoutConcept,
        ["triggered"] = Number(separation.Triggered),
        ["redraw"] = separation.Redrawing is not { } redraw ? null : new JsonObject
        {
            ["high_found"] = Number(redraw.HighFound),
            ["high_false"] = Number(redraw.HighFalse),
            ["near_found"] = Number(redraw.NearFound),
            ["near_false"] = Number(redraw.NearFalse),
            ["low_found"] = Number(redraw.LowFound),
            ["low_false"] = Number(redraw.LowFalse),
            ["finished_found"] = redraw.FinishedFound is { } found ? Number(found) : null,
            ["finished_false"] = redraw.FinishedFalse is { } falsely ? Number(falsely) : null,
        },
        ["bands"] = new JsonArray([.. separation.Bands.Select(Band)]),
    };

    private static JsonObject Band(BandSeparation band) => new()
    {
        ["timestep"] = band.Timestep,
        ["auc"] = Number(band.Auc),
        ["iou"] = Number(band.Iou),
        ["detected"] = Number(band.Detected),
        ["falsely_detected"] = Number(band.FalselyDetected),
        ["edited_concept"] = Number(band.EditedConcept),
        ["edited_rest"] = Number(band.EditedRest),
    };

    private static JsonValue? Number(double value) => double.IsNaN(value) ? null : JsonValue.Create(Math.Round(value, Digits));
}
