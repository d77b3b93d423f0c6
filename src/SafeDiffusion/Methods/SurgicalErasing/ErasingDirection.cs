using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.SurgicalErasing;

/// <summary>An instruction at work on one picture: the rows whose difference is the direction of its concept, and when.</summary>
/// <param name="Instruction">The instruction.</param>
/// <param name="Window">The steps in which it acts.</param>
/// <param name="From">Where the direction starts: the null text, or the prompt with the concept's words scaled down.</param>
/// <param name="To">Where it ends: the concept, or the prompt; null for an implicit signal whose words the prompt does not say.</param>
internal sealed record ErasingDirection(ErasingInstruction Instruction, StepWindow Window, Row From, Row? To)
{
    public static ErasingDirection Of(ErasingInstruction instruction, ProtectionContext context)
    {
        StepWindow window = WindowOf(instruction, context);
        if (instruction.TokenFactor is not float factor) return new(instruction, window, context.Null, context.AddRow(instruction.Text));
        RowInputs prompt = context.Prompt;
        var spans = PromptWords.Find(prompt, instruction.Text);
        if (spans.Count == 0) return new(instruction, window, context.Null, null);
        Row reweighted = context.AddRow(prompt with { TokenScales = PromptWords.Scaled(prompt, [(spans, factor)]) });
        return new(instruction, window, reweighted, context.PlainPrompt);
    }

    /// <summary>The steps whose timesteps lie in the instruction's range, both ends included, from its first step on.</summary>
    private static StepWindow WindowOf(ErasingInstruction instruction, ProtectionContext context)
    {
        int lowest = (int)Math.Floor(instruction.LowestTimestep * context.TrainingTimesteps);
        int highest = (int)Math.Floor(instruction.HighestTimestep * context.TrainingTimesteps);
        return StepWindow.OfTimesteps(context.Timesteps.AsSpan(), lowest, highest).StartingAt(instruction.ResolvedWarmupSteps);
    }
}
