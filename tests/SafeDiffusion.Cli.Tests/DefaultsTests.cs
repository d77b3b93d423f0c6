using SafeDiffusion.Cli.Commands;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Training;

namespace SafeDiffusion.Cli;

/// <summary>Formula layer: what goes without saying is the same in library, tool, suites and learning.</summary>
public sealed class DefaultsTests
{
    private static readonly GenerationRequest _request = new("");

    [Fact]
    public void TheToolDrawsAsTheLibraryDoes()
    {
        Assert.Equal(
            (_request.Steps, _request.GuidanceScale, _request.Eta, _request.Strength, $"{_request.Seed}", _request.Width, _request.Height),
            (Of<int>("--steps"), Of<float>("--guidance"), Of<float>("--eta"), Of<float>("--strength"), Of<string>("--seed"), Of<int?>("--width"), Of<int?>("--height")));

        T? Of<T>(string option) => Default<T>("generate x --model m", option);
    }

    [Fact]
    public void ASuiteDrawsAsTheLibraryDoes()
    {
        SuiteSettings read = EvaluationSuite.Parse("""
            {
              "version": 1, "name": "small", "concept": "red triangle",
              "judges": [{ "type": "shapes", "name": "shapes" }],
              "sets": [{ "name": "s", "kind": "concept", "prompts": ["a"] }], "policies": [{ "name": "none", "protections": [] }]
            }
            """, ".", EvaluationFiles.Judges).Settings;
        Assert.Equal((_request.Steps, _request.GuidanceScale, _request.Eta, _request.Width, _request.Height), (read.Steps, read.GuidanceScale, read.Eta, read.Width, read.Height));
        Assert.Equal(read, new SuiteSettings());
    }

    [Fact]
    public void LearningDrawsAsTheLibraryDoes()
    {
        GuidelineLearningOptions options = new() { Concept = "red" };
        Assert.Equal((_request.Steps, _request.GuidanceScale), (options.Steps, options.GuidanceScale));
        const string Command = "learn guideline --concept red --model m --out g";
        Assert.Equal((_request.Steps, _request.GuidanceScale), (Default<int>(Command, "--steps"), Default<float>(Command, "--guidance")));
        const string Adapter = "learn adapter --concepts c --model m";
        Assert.Equal((_request.Steps, _request.GuidanceScale), (Default<int>(Adapter, "--steps"), Default<float>(Adapter, "--guidance")));
        Assert.Equal(_request.Steps, Default<int>("bench --model m", "--steps"));
    }

    private static T? Default<T>(string line, string option) => Program.CreateRoot().Parse(line).GetValue<T>(option);
}
