using SafeDiffusion.Instrumentation.Editing;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Model;

namespace SafeDiffusion.Protections;

/// <summary>What a noise guidance learns when one picture's generation begins.</summary>
public sealed class GuidanceContext
{
    private readonly Func<string, Condition> _addCondition;
    private readonly GuidelineList _guidelines;

    /// <summary>Makes a context.</summary>
    /// <param name="addCondition">Encodes a text and gives its condition; the same text gives the same condition.</param>
    /// <param name="guidelines">Where the guidelines of all pictures that share UNet calls are gathered.</param>
    /// <param name="shape">The shape of the latents.</param>
    /// <param name="steps">Steps in all.</param>
    /// <param name="guidanceScale">The guidance scale <c>g</c>.</param>
    /// <param name="trainingTimesteps">Timesteps that the model was trained with.</param>
    internal GuidanceContext(
        Func<string, Condition> addCondition, GuidelineList guidelines, LatentShape shape, int steps, float guidanceScale,
        int trainingTimesteps = 1000)
    {
        _addCondition = addCondition;
        _guidelines = guidelines;
        Shape = shape;
        Steps = steps;
        GuidanceScale = guidanceScale;
        TrainingTimesteps = trainingTimesteps;
    }

    /// <summary>The shape of the latents and of every prediction.</summary>
    public LatentShape Shape { get; }

    /// <summary>Steps in all.</summary>
    public int Steps { get; }

    /// <summary>The guidance scale <c>g</c>.</summary>
    public float GuidanceScale { get; }

    /// <summary>Timesteps that the model was trained with, 1000 for Stable Diffusion; <see cref="DenoisingStep.Timestep"/> is below.</summary>
    public int TrainingTimesteps { get; }

    /// <summary>Asks for a further condition: the noise prediction under a text. Equal texts share one.</summary>
    /// <exception cref="InvalidRequestException">The picture has too many conditions already (64).</exception>
    public Condition AddCondition(string text) => _addCondition(text);

    /// <summary>
    /// Asks for the detection scores of guideline tokens in every step (<see cref="StepPredictions.DetectionScores"/>). The protection
    /// must name <see cref="AttentionFeatures.Detect"/> in <see cref="Protection.RequiredFeatures"/>.
    /// </summary>
    /// <param name="embeddings">The tokens' embeddings, <c>[K, D]</c> with D the text width; the same array is asked for once.</param>
    public GuidelineTokens AddGuideline(float[] embeddings) => _guidelines.Add(embeddings);

    /// <summary>Refuses a guidance scale of 1 or below, where the method would be off.</summary>
    /// <exception cref="InvalidRequestException">The guidance scale is at most 1.</exception>
    public void RequireGuidance(string method)
    {
        if (GuidanceScale > 1) return;
        throw new InvalidRequestException("guidanceScale", $"is {GuidanceScale}, and {method} acts only above 1. Raise it or remove the protection.");
    }
}
