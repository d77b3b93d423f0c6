using System.Collections.Immutable;
using SafeDiffusion.Training.Scales.Labelling;

namespace SafeDiffusion.Training.Scales.Drawing;

/// <summary>One prompt and seed that is drawn.</summary>
/// <param name="Concept">The concept's number.</param>
/// <param name="Prompt">The number of concept and prompt together.</param>
/// <param name="Text">The prompt.</param>
/// <param name="IsHarmless">Whether the prompt does not hold the concept.</param>
/// <param name="Seed">The seed, of no other series.</param>
internal sealed record PlannedSeries(int Concept, int Prompt, string Text, bool IsHarmless, long Seed)
{
    /// <summary>Every prompt of every concept as often as is asked for, in the concepts' order, those that hold it first.</summary>
    /// <param name="concepts">The concepts.</param>
    /// <param name="seeds">Pictures of each prompt.</param>
    /// <param name="firstSeed">The first series' seed; further ones count up.</param>
    public static ImmutableArray<PlannedSeries> Of(IReadOnlyList<ScaleConcept> concepts, int seeds, long firstSeed)
    {
        ImmutableArray<PlannedSeries>.Builder all = ImmutableArray.CreateBuilder<PlannedSeries>();
        int prompt = 0;
        for (int concept = 0; concept < concepts.Count; concept++)
        {
            foreach (string text in concepts[concept].Prompts) Add(concept, text, isHarmless: false);
            foreach (string text in concepts[concept].HarmlessPrompts) Add(concept, text, isHarmless: true);
        }
        return all.ToImmutable();

        void Add(int concept, string text, bool isHarmless)
        {
            for (int i = 0; i < seeds; i++) all.Add(new(concept, prompt, text, isHarmless, firstSeed + all.Count));
            prompt++;
        }
    }
}
