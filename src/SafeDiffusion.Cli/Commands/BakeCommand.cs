using System.CommandLine;
using System.Globalization;
using SafeDiffusion.Baking;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Methods.FineTuned;
using SafeDiffusion.Methods.LinearErasure;
using Spectre.Console;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion bake</c>: writes a model folder whose UNet holds text erasures, or fine-tuned weights.</summary>
internal sealed class BakeCommand : Command
{
    private readonly Option<string> _model = new("--model", "-m") { Description = "The model folder, the one that holds unet/model.onnx.", Required = true };
    private readonly Option<string[]> _erasures = new("--erasure", "-e") { Description = "An erasure's file, learned with this model; may be repeated, and they act in that order." };
    private readonly Option<string?> _delta = new("--delta") { Description = "A weight delta, fine-tuned from this model; alone or with erasures, which map the texts that it reads." };
    private readonly Option<string> _out = new("--out", "-o") { Description = "The folder to make.", Required = true };
    private readonly Option<bool> _copyWeights = new("--copy-weights") { Description = "Copy the other weights; otherwise both folders share them." };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No progress and no summary; warnings and errors only." };

    public BakeCommand() : base("bake", "Write a model folder whose UNet holds text erasures, or fine-tuned weights.")
    {
        Option[] options = [_model, _erasures, _delta, _out, _copyWeights, _quiet];
        foreach (Option option in options) Options.Add(option);
        SetAction((parsed, cancellationToken) => Terminal.RunAsync(parsed, () => RunAsync(parsed, cancellationToken)));
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string output = parsed.GetRequiredValue(_out);
        bool quiet = parsed.GetValue(_quiet);
        OutputPath.RequireOutside(output, parsed.GetRequiredValue(_model));
        ErasureProjection[] erasures = [.. (parsed.GetValue(_erasures) ?? []).Select(ErasureProjection.Load)];
        WeightDelta? delta = parsed.GetValue(_delta) is { } file ? WeightDelta.Load(file) : null;
        BakingResult result = await ProgressBar.RunAsync(quiet, progress => BakedModel.WriteAsync(
            parsed.GetRequiredValue(_model), output, erasures, delta, parsed.GetValue(_copyWeights), progress, cancellationToken)).ConfigureAwait(false);
        if (!quiet) WriteSummary(result);
        Terminal.WriteFile(output);
        return ExitCode.Success;
    }

    private static void WriteSummary(BakingResult result)
    {
        Terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{result.Weights} weights hold the erasure of {string.Join(", then ", result.Erasures.Select(erasure => $"\"{erasure.Concept}\""))}."));
        if (result.Erasures.Any(erasure => !erasure.IsWeightDelta)) Terminal.Error.WriteLine("It acts on every text, the null condition and other protections' texts included, where text-erasure in a policy maps the prompt.");
        Terminal.Error.WriteLine($"Weights before {result.BaseModelHash[..12]}, after {result.ModelHash[..12]}: what was learned for the one is refused by the other. Learn guidelines anew.");
        Terminal.Error.WriteLine("Written:");
    }
}
