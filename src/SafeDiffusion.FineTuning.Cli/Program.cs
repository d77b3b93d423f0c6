using System.CommandLine;
using SafeDiffusion.FineTuning.Training;

namespace SafeDiffusion.FineTuning.Cli;

/// <summary>The fine-tuning tool.</summary>
internal static class Program
{
    public static Task<int> Main(string[] arguments) => CreateRoot().Parse(arguments.Length == 0 ? ["--help"] : arguments).InvokeAsync(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = TimeSpan.FromMinutes(1),
    });

    internal static Command CreateRoot() => new("safediffusion-finetune", "Takes a concept out of a Stable Diffusion v1 model's weights (ONNX), and writes what has changed.")
    {
        new MethodCommand("trce", "TRCE's second stage: the concept's trajectories are steered to those of a safe text.", FineTuningMethod.Trce),
        new MethodCommand("sce", "All but One: the guidance term takes an erasing signal in, all else is held.", FineTuningMethod.Sce),
        new MethodCommand("esd", "ESD: the prediction for the concept is guided away from it.", FineTuningMethod.Esd),
        new ShrinkCommand(),
        new VersionOption(),
    };
}
