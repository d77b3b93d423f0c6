using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.SafeLatent;

/// <summary>
/// SLD on one picture: the momentum ν, and the term <c>-g γ</c> of every step (Schramowski et al. 2023, equations 5 to 8). Where the prompt is
/// the concept itself, <c>p - s</c> is 0 everywhere and the published scale μ with it, just where most is to be done; μ is 1 there.
/// </summary>
internal sealed class SafeLatentState : NoiseGuidanceState
{
    private static readonly GuidanceOutcome _warmup = GuidanceOutcome.NotGuided("warm-up");

    private readonly SafeLatentSettings _settings;
    private readonly Row _null;
    private readonly Row _concept;
    private readonly float _guidanceScale;
    private readonly float[] _momentum;
    private readonly bool _isPrompt;

    /// <summary>Without momentum, or where warm-up outlasts the generation, the concept is not evaluated during warm-up.</summary>
    private readonly StepWindow _evaluated;

    /// <param name="settings">The settings.</param>
    /// <param name="concept">The concept's row.</param>
    /// <param name="isPrompt">Whether the prompt is the concept itself.</param>
    /// <param name="context">The picture's generation.</param>
    public SafeLatentState(SafeLatentSettings settings, Row concept, bool isPrompt, ProtectionContext context)
    {
        _settings = settings;
        _null = context.Null;
        _concept = concept;
        _guidanceScale = context.GuidanceScale;
        _momentum = new float[context.Shape.Length];
        _isPrompt = isPrompt;
        bool warmupMatters = settings.MomentumScale > 0 && settings.WarmupSteps < context.Steps;
        _evaluated = StepWindow.From(warmupMatters ? 0 : settings.WarmupSteps);
    }

    /// <summary>The momentum ν, <c>[C, H, W]</c>.</summary>
    internal ReadOnlySpan<float> Momentum => _momentum;

    public override StepWindow ActiveSteps => StepWindow.From(_settings.WarmupSteps);

    public override bool GrowsWithGuidance => true;

    public override RowSet SurelyNeeds(in DenoisingStep step) => _evaluated.Contains(step.Index)
        ? (RowSet)_null | Row.Prompt | _concept
        : RowSet.None;

    public override GuidanceOutcome ComputeTerm(in DenoisingStep step, StepPredictions predictions, Span<float> term)
    {
        if (!_evaluated.Contains(step.Index)) return _warmup;
        if (_isPrompt) ComputeFullGamma(predictions[_null], predictions[_concept], term);
        else ComputeGamma(predictions[_null], predictions[Row.Prompt], predictions[_concept], term);
        if (step.Index < _settings.WarmupSteps) return _warmup;
        TensorPrimitives.Multiply(term, -_guidanceScale, term);
        return GuidanceOutcome.Guided;
    }

    /// <summary>γ and ν as in <see cref="ComputeGamma"/>, with μ = 1.</summary>
    private void ComputeFullGamma(ReadOnlySpan<float> u, ReadOnlySpan<float> s, Span<float> gamma)
    {
        TensorPrimitives.Subtract(s, u, gamma);
        TensorPrimitives.MultiplyAdd(_momentum, _settings.MomentumScale, gamma, gamma);
        TensorPrimitives.Multiply(_momentum, _settings.MomentumDecay, _momentum);
        TensorPrimitives.MultiplyAdd(gamma, 1 - _settings.MomentumDecay, _momentum, _momentum);
    }

    /// <summary>
    /// γ = μ ⊙ (s - u) + m ν, then ν = b ν + (1 - b) γ, in one pass; μ = min(|p - s| S, 1) where p - s &lt; λ, else 0.
    /// Float32 throughout, in the reference's order: the threshold decides on the last bit.
    /// </summary>
    private void ComputeGamma(ReadOnlySpan<float> u, ReadOnlySpan<float> p, ReadOnlySpan<float> s, Span<float> gamma)
    {
        Span<float> momentum = _momentum;
        int vectorised = gamma.Length - gamma.Length % Vector<float>.Count;
        ReadOnlySpan<Vector<float>> us = MemoryMarshal.Cast<float, Vector<float>>(u);
        ReadOnlySpan<Vector<float>> ps = MemoryMarshal.Cast<float, Vector<float>>(p);
        ReadOnlySpan<Vector<float>> ss = MemoryMarshal.Cast<float, Vector<float>>(s);
        Span<Vector<float>> momenta = MemoryMarshal.Cast<float, Vector<float>>(momentum);
        Span<Vector<float>> gammas = MemoryMarshal.Cast<float, Vector<float>>(gamma);
        Vector<float> threshold = new(_settings.Threshold);
        for (int i = 0; i < gammas.Length; i++)
        {
            Vector<float> difference = ps[i] - ss[i];
            Vector<float> scale = Vector.Min(Vector.Abs(difference) * _settings.Scale, Vector<float>.One);
            scale = Vector.ConditionalSelect(Vector.LessThan(difference, threshold), scale, Vector<float>.Zero);
            gammas[i] = (ss[i] - us[i]) * scale + momenta[i] * _settings.MomentumScale;
            momenta[i] = momenta[i] * _settings.MomentumDecay + gammas[i] * (1 - _settings.MomentumDecay);
        }
        for (int i = vectorised; i < gamma.Length; i++)
        {
            float difference = p[i] - s[i];
            float scale = difference < _settings.Threshold ? MathF.Min(MathF.Abs(difference) * _settings.Scale, 1) : 0;
            gamma[i] = (s[i] - u[i]) * scale + momentum[i] * _settings.MomentumScale;
            momentum[i] = momentum[i] * _settings.MomentumDecay + gamma[i] * (1 - _settings.MomentumDecay);
        }
    }
}
