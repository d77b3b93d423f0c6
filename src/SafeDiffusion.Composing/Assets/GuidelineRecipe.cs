using System.Globalization;
using SafeDiffusion.Training;
using SafeDiffusion.Training.Measuring;

namespace SafeDiffusion.Composing.Assets;

/// <summary>Learns a guideline by the learner's own defaults, from prompts of the grammar.</summary>
internal static class GuidelineRecipe
{
    public static AssetRecipe Create() => new()
    {
        Kind = AssetRecipe.Guideline,
        Version = 3,
        Fault = task => task.Annotator is null ? "nothing marks the concept's places in pictures: a judge that finds boxes, or an annotator (--annotator)" : null,
        Pictures = task => task.UnsafePictures + task.SafePictures,
        LearnAsync = LearnAsync,
    };

    private static async Task<string> LearnAsync(LearningTask task, string file, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        GuidelineLearningOptions options = new()
        {
            Concept = task.Concept,
            Synonyms = [.. task.Synonyms, .. task.Asked.Where(name => name != task.Concept)],
            Instead = task.Instead,
            Layers = task.Layers,
            Prompts = task.Prompts,
            SafePrompts = task.SafePrompts,
            UnsafePictures = task.UnsafePictures,
            SafePictures = task.SafePictures,
            Annotator = task.Annotator,
            Steps = task.Steps,
            GuidanceScale = task.GuidanceScale,
            Seed = task.Seed,
            Pipeline = task.Pipeline,
        };
        LearnedGuideline learned = await GuidelineLearner.LearnAsync(task.Model, options, progress is null ? null : new Shares(progress), cancellationToken).ConfigureAwait(false);
        learned.Guideline.Save(file);
        return string.Join('\n', [Describe(learned.Separation), .. learned.Shortcomings]);
    }

    private static string Describe(Separation separation) => string.Create(
        CultureInfo.InvariantCulture,
        $"on held-out pictures found in {100 * separation.Bands.Max(band => band.Detected):0} % of {separation.WithConcept} that show it in its best step, and falsely in {100 * separation.Triggered:0} % of {separation.WithoutConcept} others in some step{Describe(separation.Redrawing)}");

    private static string Describe(RedrawSeparation? redrawing) => redrawing is null ? "" : string.Create(
        CultureInfo.InvariantCulture,
        $"; drawn again {100 * redrawing.HighFound:0} % of those with it under prompts that do not spell it and {100 * redrawing.LowFound:0} % under those that do, and {100 * redrawing.HighFalse:0} % of the others");

    /// <summary>A share of the whole: drawing takes most of the time, and comes first.</summary>
    private sealed class Shares(IProgress<double> progress) : IProgress<GuidelineLearningProgress>
    {
        private const double Drawing = 0.8;

        public void Report(GuidelineLearningProgress value)
        {
            double share = (double)value.Done / Math.Max(1, value.Total);
            progress.Report(value.Stage switch
            {
                GuidelineLearningStage.Drawing or GuidelineLearningStage.Reading => Drawing * share,
                GuidelineLearningStage.Learning => Drawing + ((0.97 - Drawing) * share),
                _ => 0.97 + (0.03 * share),
            });
        }
    }
}
