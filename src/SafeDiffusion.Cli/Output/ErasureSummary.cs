using System.Globalization;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Training.Erasing;

namespace SafeDiffusion.Cli.Output;

/// <summary>What came of learning an erasure, in a few lines.</summary>
internal static class ErasureSummary
{
    public static void Write(LearnedErasure learned)
    {
        ErasureMeasures measured = learned.Measured;
        Line($"learned from {learned.ConceptPrompts.Count} prompts with the concept and {learned.HarmlessPrompts.Count} without, a fifth of them held out");
        if (learned.SkippedPrompts.Count > 0) Line($"{learned.SkippedPrompts.Count} of the prompts without a name were not learned from, the first of them \"{VisibleText.Of(learned.SkippedPrompts[0])}\": harmless prompts have all of their tokens, or they are too long");
        if (learned.Condition is { } condition) Line($"condition number {condition:0.##e+0}{(learned.Rank is { } rank ? $"; {rank} directions of the preserved states are left alone" : "")}");
        if (learned.Projection.Gate is { } gate)
        {
            Line($"the gate opens at {gate.Threshold:0.####}: held out, {measured.ConceptOpened} of {measured.ConceptPrompts} prompts with the concept open it, {measured.HarmlessOpened} of {measured.HarmlessPrompts} without");
        }
        Line($"held out, {measured.Left * 100:0.#} % of the way from the concept's states is left, and harmless states change by {measured.HarmlessChange * 100:0.##} %");
    }

    private static void Line(FormattableString text) => Terminal.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
