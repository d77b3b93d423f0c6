using System.Globalization;
using System.Runtime.InteropServices;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Runs.Planning;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model.Loading;

namespace SafeDiffusion.Evaluation.Runs;

/// <summary>Describes a run for its report.</summary>
internal static class RunDescriber
{
    public static RunDescription Describe(EvaluationSuite suite, string model, RunIdentity identity, RunResources resources, EvaluationOptions options) => new()
    {
        Suite = suite.Name,
        Concept = suite.Concept,
        Judge = suite.Judges[0].Name,
        Undefended = suite.Undefended.Name,
        Policies = [.. suite.Policies.Select(Describe)],
        Sets = [.. suite.Sets.Select(set => new PromptSetDescription(set.Name, set.Kind, [.. set.Prompts.Select(prompt => prompt.Text)]))],
        Metrics = suite.Metrics,
        Model = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model))),
        WeightsHash = WeightsHash.Compute([Network(model, "text_encoder"), Network(model, "unet")]),
        Tool = identity.Tool,
        Settings = Settings(suite, identity),
        Machine = new Dictionary<string, string>
        {
            ["system"] = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}",
            ["runtime"] = RuntimeInformation.FrameworkDescription,
            ["processors"] = Text(Environment.ProcessorCount),
            ["batches at a time"] = Text(resources.Workers),
            ["threads of a network call"] = resources.Threads is { } threads ? Text(threads) : "ONNX Runtime's choice",
            ["pictures of a batch"] = Text(resources.BatchSize),
        },
        Command = options.Command,
    };

    private static Dictionary<string, string> Settings(EvaluationSuite suite, RunIdentity identity)
    {
        Dictionary<string, string> settings = Common(suite, identity);
        PromptSet[] started = [.. suite.Sets.Where(set => set.Start is not null)];
        if (started.Length > 0) settings["start pictures"] = string.Join("; ", started.Select(set => $"{set.Name} at strength {Text(set.Start!.Strength)} from {string.Join(", ", set.Start.Prompts)}"));
        return settings;
    }

    private static Dictionary<string, string> Common(EvaluationSuite suite, RunIdentity identity) => new()
    {
        ["steps"] = Text(suite.Settings.Steps),
        ["guidance scale"] = Text(suite.Settings.GuidanceScale),
        ["eta"] = Text(suite.Settings.Eta),
        ["size"] = suite.Settings is { Width: { } width, Height: { } height } ? $"{Text(width)}x{Text(height)}" : "the model's own",
        ["seeds"] = string.Join(", ", suite.Sets.Select(set => $"{set.Name} {Text(set.FirstSeed)} to {Text(set.FirstSeed + set.Seeds - 1)}")),
        ["judges"] = string.Join(", ", identity.Judges.Select(judge => judge.Name)),
        ["provider"] = identity.Provider,
        ["ONNX Runtime"] = identity.OnnxRuntime,
        ["model files"] = identity.Model,
    };

    private static PolicyDescription Describe(SuitePolicy policy) => new(
        policy.Name, policy.Policy.Describe(), policy.IsUndefended ? null : PolicyContent.Of(policy.Policy));

    private static OnnxModelFile Network(string model, string name) => OnnxModelFile.Load(ModelFiles.Find(model, name) ?? Path.Combine(model, name, "model.onnx"));

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
