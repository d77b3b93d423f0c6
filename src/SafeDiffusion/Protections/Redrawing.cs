using System.Collections.Immutable;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Protections;

/// <summary>
/// A protection that watches a picture being drawn and may have it begun again from its own start, under another text. What was drawn so far is
/// thrown away, and every protection of the policy begins anew with the new text.
/// </summary>
public abstract record Redrawing : Protection
{
    /// <summary>How often one protection can have one picture begun again, at most.</summary>
    public const int MaxRedraws = 4;

    /// <summary>Another text to begin with, before anything is drawn; null, the default, to begin with the picture's own.</summary>
    /// <param name="text">The text, as the protections before this one in the policy have left it.</param>
    public virtual TextReplacement? ReplaceAtStart(TokenizedText text) => null;

    /// <summary>Makes the state of one picture's generation; a new one each time that the picture is begun again.</summary>
    /// <param name="context">The generation's settings; the place to ask for detection scores.</param>
    /// <param name="text">The text that the picture is drawn under, and what this protection has replaced in it before.</param>
    /// <exception cref="Core.Errors.InvalidRequestException">The request does not allow this method to act.</exception>
    public abstract RedrawingState Begin(ProtectionContext context, PictureText text);

    private protected sealed override ProtectionKind Kind() => ProtectionKind.Redrawing;
}

/// <summary>The text that a picture is drawn under.</summary>
/// <param name="Text">The text and its tokens.</param>
/// <param name="Redrawn">For what one protection has had the picture begun again, the first time first; not what was replaced at the start.</param>
public sealed record PictureText(TokenizedText Text, ImmutableArray<TextReplacement> Redrawn);

/// <summary>What a protection puts in the place of a text, and why.</summary>
/// <param name="Text">The whole new text.</param>
/// <param name="Words">The words that were replaced, as they stood in the text before.</param>
/// <param name="By">The words in their place.</param>
/// <param name="Reason">Why just these, for the report.</param>
public sealed record TextReplacement(string Text, string Words, string By, string Reason)
{
    /// <summary>What was tried to find them, in the order in which it was tried; empty where nothing was.</summary>
    public ImmutableArray<TriedWords> Tried { get; init; } = [];

    /// <summary>
    /// Where a given picture is painted over with its ground before it is noised again, <c>[H, W]</c> on the latent grid; empty for nowhere. It
    /// says nothing where none is given, or where one is inverted.
    /// </summary>
    public ImmutableArray<bool> Covered { get; init; } = [];
}

/// <summary>Words that were tried: what replacing them changes in the noise prediction.</summary>
/// <param name="Words">The words.</param>
/// <param name="Share">The method's measure of how much they draw what was seen; greater is more.</param>
public sealed record TriedWords(string Words, float Share);

/// <summary>Noise predictions of a picture's current latents under other texts, each <c>[C, H, W]</c>; every text costs a UNet row. No attention intervention edits them.</summary>
/// <param name="texts">The texts; the policy's text erasures act on them as on the prompt.</param>
public delegate IReadOnlyList<float[]> TextTrial(IReadOnlyList<string> texts);

/// <summary>A redrawing protection at work on one picture.</summary>
public abstract class RedrawingState
{
    /// <summary>The detection map of the last step, <c>[H, W]</c> from 0 to 1 on the latent grid, for heat maps.</summary>
    public virtual ReadOnlySpan<float> DetectionMap => [];

    /// <summary>The steps in which it can act; every step by default. Where none of them is taken the picture is refused.</summary>
    public virtual StepWindow ActiveSteps => StepWindow.Always;

    /// <summary>Looks at a step. The prompt's row is always there.</summary>
    public abstract WatchOutcome Watch(in DenoisingStep step, StepPredictions predictions);

    /// <summary>Says with which text the picture is begun again, now that <see cref="Watch"/> or <see cref="LookAtFinished"/> has asked for it in this step.</summary>
    /// <param name="step">The step, or the look.</param>
    /// <param name="predictions">Its predictions.</param>
    /// <param name="trial">Predicts under other texts.</param>
    public abstract TextReplacement Redraw(in DenoisingStep step, StepPredictions predictions, TextTrial trial);

    /// <summary>
    /// Looks at the finished picture, which is noised a little once more for that, and may have it begun again as well. What is seen without that
    /// is flagged.
    /// </summary>
    /// <param name="look">The look: the step after the last, at the training timestep that the picture was noised to.</param>
    /// <param name="predictions">
    /// The null text's row in the prompt's place. The picture may have been enlarged, so that maps are larger than <see cref="ProtectionContext.Shape"/> says.
    /// </param>
    /// <returns>What was seen; null for a method that looks at no finished picture.</returns>
    public virtual WatchOutcome? LookAtFinished(in DenoisingStep look, StepPredictions predictions) => null;
}

/// <summary>What a redrawing protection saw in a step.</summary>
/// <param name="Detection">What its map shows.</param>
/// <param name="Statistic">The number that decides, by the method's own measure.</param>
/// <param name="Threshold">From where on it decides for the concept; null in a step that has no threshold.</param>
/// <param name="Redraws">Whether the picture is to be begun again.</param>
/// <param name="Reason">Why it is not although the concept shows; null otherwise.</param>
public readonly record struct WatchOutcome(DetectionReading Detection, float Statistic, float? Threshold, bool Redraws, string? Reason = null);
