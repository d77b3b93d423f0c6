using System.CommandLine;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.FineTuned;
using SafeDiffusion.Model.Loading;

namespace SafeDiffusion.FineTuning.Cli;

/// <summary>Stores a delta anew, smaller.</summary>
internal sealed class ShrinkCommand : Command
{
    private readonly Option<string> _model = new("--model", "-m") { Description = "The model folder that the delta was fine-tuned from.", Required = true };
    private readonly Option<string> _delta = new("--delta") { Description = "The delta, of whole weights.", Required = true };
    private readonly Option<string> _out = new("--out", "-o") { Description = "The file to write (.delta.safetensors).", Required = true };
    private readonly DeltaFormOptions _form = new();

    public ShrinkCommand() : base("shrink", "Stores a delta as float16 or as factors of a rank, and says what that loses.")
    {
        foreach (Option option in (Option[])[_model, _delta, _out, .. _form.All]) Options.Add(option);
        SetAction((parsed, _) => Outcome.OfAsync(() => Task.FromResult(Run(parsed))));
    }

    private int Run(ParseResult parsed)
    {
        string folder = parsed.GetRequiredValue(_model);
        OnnxModelFile Load(string network) => OnnxModelFile.Load(ModelFiles.Find(folder, network) ?? throw new InvalidFileException(folder, $"holds no {network}/model.onnx"));
        OnnxModelFile unet = Load("unet");
        WeightDelta delta = WeightDelta.Load(parsed.GetRequiredValue(_delta));
        if (WeightsHash.Compute([Load("text_encoder"), unet]) != delta.Identity.BaseModelHash) throw new InvalidRequestException("--delta", "is of another model. Name the model that it was fine-tuned from.");
        WeightDelta smaller = _form.Read(parsed).Of(delta, unet);
        smaller.Save(parsed.GetRequiredValue(_out));
        DeltaFormOptions.TellError(smaller, quiet: false);
        Console.Out.WriteLine(parsed.GetRequiredValue(_out));
        return 0;
    }
}
