using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Scheduling;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Protections;

/// <summary>What a protection learns when one picture's generation begins, and where it asks for what it needs.</summary>
public sealed class ProtectionContext
{
    /// <summary>Fewer steps than these settle a picture before it can be steered or well watched.</summary>
    internal const int FewSteps = 10;

    private readonly RowList _rows;
    private readonly GuidelineList _guidelines;
    private readonly List<ConceptPresence> _presences = [];
    private GuidanceLimit? _guidanceLimit;

    internal ProtectionContext(RowList rows, GuidelineList guidelines, LatentShape shape, ImmutableArray<int> timesteps, float guidanceScale, int trainingTimesteps = 1000)
    {
        _rows = rows;
        _guidelines = guidelines;
        Shape = shape;
        Timesteps = timesteps;
        GuidanceScale = guidanceScale;
        TrainingTimesteps = trainingTimesteps;
    }

    /// <summary>The shape of the latents and of every prediction.</summary>
    public LatentShape Shape { get; }

    /// <summary>The training timestep of each step that will be taken, from the noisiest down.</summary>
    public ImmutableArray<int> Timesteps { get; }

    /// <summary>Steps that will be taken.</summary>
    public int Steps => Timesteps.Length;

    /// <summary>The guidance scale <c>g</c> of this picture.</summary>
    public float GuidanceScale { get; }

    /// <summary>Timesteps that the model was trained with, 1000 for Stable Diffusion; every timestep is below.</summary>
    public int TrainingTimesteps { get; }

    /// <summary>What each step that will be taken makes of differences in latents and prediction; none in a test without a schedule.</summary>
    internal ImmutableArray<StepChange> StepChanges { get; init; } = [];

    /// <summary>Where the picture's protections make guidance weaker.</summary>
    internal GuidanceLimit GuidanceLimit => _guidanceLimit ??= new(Shape, StepChanges);

    /// <summary>
    /// The row of the empty text, from which a concept's direction is measured (<c>s - u</c>). Without a negative prompt it is
    /// <see cref="Row.Unconditional"/>; with one it is a row of its own, so that nobody can switch a protection off by naming its concept there.
    /// </summary>
    public Row Null => AddRow("");

    /// <summary>The prompt's row before any attention intervention; <c>with</c> makes an edited copy for <see cref="AddRow(RowInputs)"/>.</summary>
    public RowInputs Prompt => _rows[Row.Prompt];

    /// <summary>
    /// The row of the prompt as no attention intervention edits it: <see cref="Row.Prompt"/> where there is none in the policy, else a row of
    /// its own. What compares the prompt with an edited copy starts here, so that it takes back nothing that an intervention does.
    /// </summary>
    /// <exception cref="InvalidRequestException">The picture has too many rows already (64).</exception>
    public Row PlainPrompt => _rows.AddPlainPrompt();

    /// <summary>Whether no attention intervention edits the prompt's row, so that its prediction is the plain text's.</summary>
    public bool IsPromptPlain => _rows.IsPromptPlain;

    /// <summary>Asks for a further row: the noise prediction under a text. Equal texts share one.</summary>
    /// <exception cref="InvalidRequestException">The picture has too many rows already (64).</exception>
    public Row AddRow(string text) => _rows.Add(text);

    /// <summary>Asks for a further row with inputs of one's own. What it does to attention must stand in <see cref="Protection.Requirements"/>.</summary>
    /// <exception cref="InvalidRequestException">The picture has too many rows already (64).</exception>
    public Row AddRow(RowInputs inputs) => _rows.Add(inputs);

    /// <summary>A text's states and tokens; text erasures do not touch them.</summary>
    /// <exception cref="InferenceException">The text encoder failed.</exception>
    /// <exception cref="OperationCanceledException">The generation is cancelled.</exception>
    public TextStates Encode(string text) => _rows.Encode(text);

    /// <summary>
    /// Whether a text is the prompt, to the model: their states are the same. A method that acts by how far the prompt is from its concept
    /// finds no distance then, and must not be off for that.
    /// </summary>
    /// <exception cref="InferenceException">The text encoder failed.</exception>
    /// <exception cref="OperationCanceledException">The generation is cancelled.</exception>
    public bool IsPrompt(string text) => Encode(text).Values.SequenceEqual(Prompt.Text.Values);

    /// <summary>The cross-attention layers in which inhibitors act, in the order of <see cref="StepPredictions.InhibitorResponse"/>; none where the UNet is not instrumented for inhibition.</summary>
    public ImmutableArray<InhibitedLayer> InhibitedLayers { get; init; } = [];

    /// <summary>Whether the picture starts from a given one that is noised: then not the text alone may have drawn what shows.</summary>
    public bool StartsFromPicture { get; init; }

    /// <summary>What the protections before this one in the policy say of their concepts' presence, as they detect it.</summary>
    public IReadOnlyList<ConceptPresence> Presences => [.. _presences];

    /// <summary>Lets the protections after this one in the policy know when its concept shows; for one that detects.</summary>
    public ConceptPresence AddPresence() => Add(new([], 1));

    /// <summary>Lets the protections after this one in the policy know when and where its concept shows; for one that detects.</summary>
    /// <param name="map">The array in which it keeps its detection map of the last step, <c>[H, W]</c> from 0 to 1 on the latent grid.</param>
    /// <param name="threshold">At or above it a position shows the concept; what shows there is also said by <see cref="ConceptPresence.Show"/>.</param>
    /// <exception cref="ArgumentException">The map is not of the latent grid's size.</exception>
    public ConceptPresence AddPresence(float[] map, float threshold) => AddPresence(map, threshold, null);

    /// <inheritdoc cref="AddPresence(float[], float)"/>
    internal ConceptPresence AddPresence(float[] map, float threshold, string? concept)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.Length != Shape.Height * Shape.Width) throw new ArgumentException($"A map of {map.Length} positions is not one of the latent grid, {Shape.Height} x {Shape.Width}.", nameof(map));
        return Add(new(map, threshold) { Concept = concept });
    }

    private ConceptPresence Add(ConceptPresence presence)
    {
        _presences.Add(presence);
        return presence;
    }

    /// <summary>
    /// Asks for the detection scores of guideline tokens in every step (<see cref="StepPredictions.DetectionScores"/>), which
    /// <see cref="Protection.Requirements"/> must name.
    /// </summary>
    /// <param name="embeddings">The tokens' embeddings, <c>[K, D]</c> with D the text width; the same array is asked for once.</param>
    /// <exception cref="InvalidRequestException">They are no whole number of tokens of the model's text width.</exception>
    public GuidelineTokens AddGuideline(float[] embeddings) => _guidelines.Add(embeddings);

    /// <summary>Refuses a guidance scale of 1 or below, where the method would be off.</summary>
    /// <exception cref="InvalidRequestException">The guidance scale is at most 1.</exception>
    public void RequireGuidance(string method)
    {
        if (GuidanceScale > 1) return;
        throw new InvalidRequestException("guidanceScale", $"is {GuidanceScale}, and {method} acts only above 1. Raise it or remove the protection.");
    }
}
