using System.CommandLine;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Editing;
using SafeDiffusion.Model.Loading;
using Spectre.Console;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion instrument</c>: writes a model folder whose UNet can be read and steered.</summary>
internal sealed class InstrumentCommand : Command
{
    private readonly Option<string> _model = new("--model", "-m") { Description = "The model folder, the one that holds unet/model.onnx.", Required = true };
    private readonly Option<string> _out = new("--out", "-o") { Description = "The folder to make.", Required = true };
    private readonly Option<string> _features = new("--features") { Description = "What to add: detect, reweight, inhibit (with commas), or all.", DefaultValueFactory = _ => "all" };
    private readonly Option<string?> _layers = new("--layers") { Description = "Where: grid factors (2,4), numbers (#0,#3) or layer names, with commas (default: each feature's own, see inspect)." };
    private readonly Option<bool> _copyWeights = new("--copy-weights") { Description = "Copy the weights; otherwise both folders share them." };

    public InstrumentCommand() : base("instrument", "Write a model folder whose UNet's cross-attention can be read and steered.")
    {
        Option[] options = [_model, _out, _features, _layers, _copyWeights];
        foreach (Option option in options) Options.Add(option);
        SetAction((parsed, _) => Terminal.RunAsync(parsed, () => Task.FromResult(Run(parsed))));
    }

    private int Run(ParseResult parsed)
    {
        InstrumentationOptions options = new() { Features = Features(parsed.GetRequiredValue(_features)) };
        if (parsed.GetValue(_layers) is { } layers)
        {
            LayerSelection selection = Layers(layers);
            options = options with { DetectionLayers = selection, ReweightedLayers = selection, InhibitedLayers = selection };
        }
        string output = parsed.GetRequiredValue(_out);
        OutputPath.RequireOutside(output, parsed.GetRequiredValue(_model));
        bool isWritten = InstrumentedModel.Write(parsed.GetRequiredValue(_model), output, options, parsed.GetValue(_copyWeights));
        Terminal.Error.WriteLine(isWritten ? "Written:" : "Nothing to do, it is there already:");
        Terminal.WriteFile(output);
        return ExitCode.Success;
    }

    private static AttentionFeatures Features(string text)
    {
        AttentionFeatures features = AttentionFeatures.None;
        foreach (string name in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            features |= name.ToLowerInvariant() switch
            {
                "detect" => AttentionFeatures.Detect,
                "reweight" => AttentionFeatures.Reweight,
                "inhibit" => AttentionFeatures.Inhibit,
                "all" => AttentionFeatures.All,
                _ => throw new InvalidRequestException("--features", $"names '{name}'; known are detect, reweight, inhibit and all."),
            };
        }
        return features != AttentionFeatures.None ? features : throw new InvalidRequestException("--features", "names none; known are detect, reweight, inhibit and all.");
    }

    private static LayerSelection Layers(string text)
    {
        try
        {
            return LayerSelection.Parse(text);
        }
        catch (FormatException error)
        {
            throw new InvalidRequestException("--layers", $"names none. {error.Message}");
        }
    }
}
