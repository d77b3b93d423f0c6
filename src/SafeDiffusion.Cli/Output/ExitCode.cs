using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Cli.Output;

/// <summary>The tool's exit codes (docs/cli.md).</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>Something unforeseen, or a check that failed.</summary>
    public const int Failure = 1;

    /// <summary>An argument, a request, a policy or a suite that cannot be used.</summary>
    public const int BadInput = 2;

    /// <summary>A file that is missing, damaged, not understood, or cannot be written.</summary>
    public const int BadFile = 3;

    /// <summary>An execution provider that is not there.</summary>
    public const int NoProvider = 4;

    /// <summary>A network that failed while it ran.</summary>
    public const int InferenceFailed = 5;

    /// <summary>Cancelled with Ctrl-C.</summary>
    public const int Cancelled = 130;

    public static int Of(Exception error) => error switch
    {
        OperationCanceledException => Cancelled,
        InvalidRequestException or InvalidPolicyException or InvalidSuiteException or LayerNotFoundException => BadInput,
        InvalidFileException or InvalidResultsException or GraphNotUnderstoodException => BadFile,
        ProviderNotAvailableException => NoProvider,
        InferenceException => InferenceFailed,
        _ => Failure,
    };
}
