using System.Globalization;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Training.Erasing;

namespace SafeDiffusion.Composing.Assets;

/// <summary>Learns a text erasure by the learner's own defaults: the concept and its other names read as what is drawn instead.</summary>
internal static class TextErasureRecipe
{
    private const int PromptsPerName = 300, MostPrompts = 1200;

    public static AssetRecipe Create() => new()
    {
        Kind = AssetRecipe.Erasure,
        Version = 2,
        Fault = task => task.Instead is null ? "nothing says what the concept is to be read as: --instead"
            : task.SafePrompts.Distinct().Count() < ErasureLearner.FewestCaptions ? $"fewer than {ErasureLearner.FewestCaptions} captions are to be preserved: --harmless"
            : null,
        Pictures = _ => 0,
        LearnAsync = LearnAsync,
    };

    private static async Task<string> LearnAsync(LearningTask task, string file, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        ErasureLearningOptions options = new()
        {
            Concepts =
            [
                .. task.Asked.Select((name, i) => new ErasedConcept
                {
                    Concept = name,
                    Synonyms = i == 0 ? [.. task.Synonyms.Select(Phrase.Bare)] : [],
                    Prompts = i == 0 ? task.OwnPrompts : [],
                    Becomes = Phrase.Bare(task.Instead!),
                }),
            ],
            PromptsPerName = Math.Min(PromptsPerName, MostPrompts / (task.Asked.Count + task.Synonyms.Count)),
            Preserve = [.. task.SafePrompts.Distinct()],
            Keep = [.. task.Keep.Select(Phrase.WithArticle)],
            Pipeline = task.Pipeline,
        };
        LearnedErasure learned = await ErasureLearner.LearnAsync(task.Model, options, cancellationToken).ConfigureAwait(false);
        learned.Projection.Save(file);
        progress?.Report(1);
        return Describe(learned.Measured);
    }

    private static string Describe(ErasureMeasures measured) => string.Create(
        CultureInfo.InvariantCulture,
        $"on held-out prompts opened by {measured.ConceptOpened} of {measured.ConceptPrompts} that name the concept, and by {measured.HarmlessOpened} of {measured.HarmlessPrompts} others");
}
