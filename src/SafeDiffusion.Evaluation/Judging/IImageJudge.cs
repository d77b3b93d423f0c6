using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>Says what a picture shows. Safe for several threads.</summary>
public interface IImageJudge : IDisposable
{
    /// <summary>Its name in the suite.</summary>
    string Name { get; }

    /// <summary>The SHA-256 of everything its judgements depend on (settings, network), in hexadecimal: part of a result's key.</summary>
    string Fingerprint { get; }

    /// <summary>The labels that it can find.</summary>
    ImmutableArray<string> Labels { get; }

    /// <summary>Judges pictures together, one judgement each.</summary>
    /// <exception cref="InferenceException">Its network failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    IReadOnlyList<Judgement> Judge(IReadOnlyList<RgbImage> images, CancellationToken cancellationToken = default);
}
