using System.CommandLine;
using System.Globalization;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Verification;
using Spectre.Console;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion verify</c>: compares an exported UNet with what another program computes for it.</summary>
internal sealed class VerifyCommand : Command
{
    private readonly Argument<string> _unet = new("unet") { Description = "The folder that holds the UNet's model.onnx." };
    private readonly Option<string> _reference = new("--reference") { Description = "A .safetensors file with inputs and expected outputs (docs/instrumentation.md).", Required = true };
    private readonly Option<double?> _tolerance = new("--tolerance") { Description = "The greatest relative difference allowed (default: 1e-4; 1e-2 for float16)." };

    public VerifyCommand() : base("verify", "Compare an exported UNet, plain and instrumented, with a reference file.")
    {
        Arguments.Add(_unet);
        Options.Add(_reference);
        Options.Add(_tolerance);
        SetAction((parsed, cancellationToken) => Terminal.RunAsync(parsed, () => Task.FromResult(Run(parsed, cancellationToken))));
    }

    private int Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        VerificationReport report = UNetVerification.Run(
            parsed.GetRequiredValue(_unet), parsed.GetRequiredValue(_reference), parsed.GetValue(_tolerance), cancellationToken: cancellationToken);
        TextTable table = new("UNet against reference", "run", "tensor", "largest difference", "relative", "verdict");
        foreach (TensorComparison comparison in report.Comparisons)
        {
            table.Add(
                comparison.Run, comparison.Tensor, Number(comparison.AbsoluteDifference), Number(comparison.RelativeDifference),
                report.AgreesOn(comparison) ? "agrees" : "differs");
        }
        table.Write();
        Terminal.Out.MarkupLine(report.Agrees
            ? $"[green]The UNet agrees with the reference within {Number(report.Tolerance)}.[/]"
            : $"[red]The UNet differs from the reference by more than {Number(report.Tolerance)}.[/]");
        return report.Agrees ? ExitCode.Success : ExitCode.Failure;
    }

    private static string Number(double value) => value.ToString("0.0e+0", CultureInfo.InvariantCulture);
}
