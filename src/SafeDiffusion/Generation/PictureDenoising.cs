using System.Numerics.Tensors;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Generation;

/// <summary>One picture while it is denoised: its latents, its conditions, and its protections at work. All buffers are made once.</summary>
internal sealed class PictureDenoising
{
    private readonly float _guidanceScale;
    private readonly NoiseGuidanceState[] _guidances;
    private readonly float[] _term;
    private float[] _latents;
    private float[] _next;

    /// <param name="conditions">The text states of the null condition, the prompt, and what the guidances added, in this order.</param>
    /// <param name="guidances">The noise guidances, in the policy's order.</param>
    /// <param name="latents">The initial latents, <c>[C, H, W]</c>; taken over.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="guidanceScale">The guidance scale <c>g</c>.</param>
    /// <param name="noise">The source of the steps' noise, where eta is above 0.</param>
    /// <param name="steps">Steps that will be taken.</param>
    public PictureDenoising(
        IReadOnlyList<TextStates> conditions, NoiseGuidanceState[] guidances, float[] latents, LatentShape shape, float guidanceScale,
        INoiseSource? noise, int steps)
    {
        Conditions = conditions;
        Predictions = new StepPredictions(shape.Height * shape.Width);
        _guidances = guidances;
        _latents = latents;
        _next = new float[latents.Length];
        _term = new float[latents.Length];
        Guided = new float[latents.Length];
        StepNoise = noise is null ? [] : new float[latents.Length];
        Noise = noise;
        _guidanceScale = guidanceScale;
        Trace = new GuidanceTrace(steps, guidances.Length);
    }

    public IReadOnlyList<TextStates> Conditions { get; }

    public StepPredictions Predictions { get; }

    public GuidanceTrace Trace { get; }

    /// <summary>The latents at the current step, <c>[C, H, W]</c>.</summary>
    public ReadOnlySpan<float> Latents => _latents;

    /// <summary>Where the scheduler writes the next latents.</summary>
    public Span<float> Next => _next;

    /// <summary>The guided noise prediction of the current step, <c>[C, H, W]</c>.</summary>
    public float[] Guided { get; }

    /// <summary>The noise of the current step, where eta is above 0.</summary>
    public float[] StepNoise { get; }

    public INoiseSource? Noise { get; }

    /// <summary>What a step surely needs: <c>p</c>, and <c>u</c> unless the guidance scale is 1, and what the guidances name.</summary>
    public ConditionSet SurelyNeeds(in DenoisingStep step)
    {
        ConditionSet needed = Condition.Prompt;
        if (_guidanceScale != 1) needed |= Condition.Unconditional;
        foreach (NoiseGuidanceState guidance in _guidances) needed |= guidance.SurelyNeeds(step);
        return needed;
    }

    /// <summary>What the guidances need besides, now that the first predictions are known.</summary>
    public ConditionSet AlsoNeeds(in DenoisingStep step)
    {
        ConditionSet needed = ConditionSet.None;
        foreach (NoiseGuidanceState guidance in _guidances) needed |= guidance.AlsoNeeds(step, Predictions);
        return needed;
    }

    /// <summary>Computes <c>e = u + g (p - u) + Σ terms</c> into <see cref="Guided"/>, the terms in the policy's order.</summary>
    public void Guide(in DenoisingStep step)
    {
        if (_guidanceScale == 1) Predictions[Condition.Prompt].CopyTo(Guided);
        else ClassifierFreeGuidance.Combine(Predictions[Condition.Unconditional], Predictions[Condition.Prompt], _guidanceScale, Guided);

        for (int i = 0; i < _guidances.Length; i++)
        {
            GuidanceOutcome outcome = _guidances[i].ComputeTerm(step, Predictions, _term);
            if (outcome.IsGuided) TensorPrimitives.Add(Guided, _term, Guided);
            Trace.Record(step.Index, i, outcome, outcome.IsGuided ? TensorPrimitives.Norm<float>(_term) : 0);
        }
        Trace.RecordRows(step.Index, Predictions.Evaluated.Count);
    }

    /// <summary>The detection maps of the current step, <c>[H, W]</c> each, with the guidance's place; only of guidances that detect.</summary>
    public IEnumerable<(int Guidance, float[] Map)> DetectionMaps()
    {
        for (int i = 0; i < _guidances.Length; i++)
        {
            if (!_guidances[i].DetectionMap.IsEmpty) yield return (i, _guidances[i].DetectionMap.ToArray());
        }
    }

    /// <summary>Makes <see cref="Next"/> the current latents.</summary>
    public void Advance()
    {
        (_latents, _next) = (_next, _latents);
        Predictions.Clear();
    }
}
