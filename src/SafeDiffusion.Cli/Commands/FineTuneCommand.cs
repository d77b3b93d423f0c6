using System.CommandLine;
using SafeDiffusion.Cli.Output;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion finetune</c>: says where fine-tuning is. Its native library is hundreds of megabytes, which few need.</summary>
internal sealed class FineTuneCommand : Command
{
    public FineTuneCommand() : base("finetune", "Fine-tuning is a tool of its own, safediffusion-finetune; this says how to get it.")
    {
        TreatUnmatchedTokensAsErrors = false;
        SetAction(_ =>
        {
            Terminal.WriteError("fine-tuning needs libtorch, which this tool does not hold: in the repository, run dotnet run -c Release --project src/SafeDiffusion.FineTuning.Cli -- trce, sce or esd (docs/fine-tuning.md).");
            return ExitCode.BadInput;
        });
    }
}
