using SafeDiffusion.FineTuning.Training;
using SafeDiffusion.Methods.FineTuned;

namespace Documentation;

/// <summary>The code of the page on fine-tuning, as it stands there.</summary>
internal static class FineTuningSnippets
{
    public static async Task<WeightDelta> FineTuneAsync()
    {
        // snippet: fine-tuning
        WeightDelta delta = await FineTuner.RunAsync("models/shapes", new FineTuningOptions
        {
            Method = FineTuningMethod.Esd,
            Concept = "a red triangle",
            Prompts = ["a red triangle"],
        });
        delta.Save("red-triangle.delta.safetensors");
        // end
        return delta;
    }
}
