using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Generation;

/// <summary>Why a picture is begun again, and under which text.</summary>
/// <param name="Place">The place in the policy of the protection that asks for it.</param>
/// <param name="Step">The step in which it does.</param>
/// <param name="Seen">What it saw there.</param>
/// <param name="Replacement">What it puts in the place of the text.</param>
internal sealed record Redraw(int Place, DenoisingStep Step, WatchOutcome Seen, TextReplacement Replacement);

/// <summary>A picture's beginning, from which it can be drawn again.</summary>
internal interface IBeginning
{
    /// <summary>The row of a text as this picture's prompt: with the policy's text erasures, without its attention interventions.</summary>
    RowInputs Inputs(string text);

    /// <summary>The picture from its own initial latents and noise under another text.</summary>
    PictureDenoising BeginAgain(Redraw redraw);
}
