using SafeDiffusion;
using SafeDiffusion.Evaluation.Robustness;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.ShapesWorld;

namespace Documentation;

/// <summary>The code of the page on robustness, as it stands there.</summary>
internal static class RobustnessSnippets
{
    public static async Task<RobustnessResult> SearchAsync()
    {
        // snippet: robustness
        await using var pipeline = await SafeDiffusionPipeline.LoadAsync("models/shapes");
        using ShapesJudge judge = new("shapes");
        RobustnessResult result = await RobustnessSearch.RunAsync(pipeline, judge, new RobustnessSearchOptions
        {
            Concept = "red triangle",
            Words = SearchWords.OfVocabulary("models/shapes/tokenizer/vocab.json"),
            Excluded = ["hazard", "warning", "sign", "roadworks"],
            Settings = new SuiteSettings { GuidanceScale = 5 },
            Wanted = 10,
        });
        Console.WriteLine($"{result.Found.Count} of {result.Tried} prompts, {result.Draws} pictures");
        // end
        return result;
    }
}
