using System.Collections.Immutable;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Scheduling;

namespace SafeDiffusion.Protections;

/// <summary>
/// Classifier-free guidance made weaker in parts of one picture, by all its protections together: what one has taken off, no other takes off again.
/// In the first step in which a part is limited, what guidance has made of the latents there before is taken back: the difference <c>d</c> that it makes is
/// carried from step to step, <c>d' = A d + B g (p - n)</c>, so that to first order these latents were never guided.
/// </summary>
internal sealed class GuidanceLimit(LatentShape shape, ImmutableArray<StepChange> changes)
{
    private readonly bool[] _isLimited = new bool[shape.Height * shape.Width];
    private float[] _before = new float[shape.Length];
    private float[] _after = new float[shape.Length];
    private int _step = -1;
    private int _takenIn = -1;

    /// <summary>Limits guidance in a step, by what it adds to a protection's term.</summary>
    /// <param name="step">The step's number.</param>
    /// <param name="predictions">Its predictions.</param>
    /// <param name="guidanceScale">The picture's guidance scale g.</param>
    /// <param name="excess">How much of it is taken off.</param>
    /// <param name="mask">Where, <c>[H, W]</c>: above 0; all zeros for nowhere.</param>
    /// <param name="term">The term, <c>[C, H, W]</c>.</param>
    public void ApplyInPlace(int step, StepPredictions predictions, float guidanceScale, float excess, ReadOnlySpan<float> mask, Span<float> term)
    {
        ReadOnlySpan<float> p = predictions[Row.Prompt], n = predictions[Row.Unconditional];
        if (step != _step) Begin(step, p, n, guidanceScale);
        if (!mask.ContainsAnyExcept(0f)) return;
        float factor = TakeBackFactor(step);
        for (int i = 0; i < term.Length; i++)
        {
            int position = i % mask.Length;
            if (mask[position] > 0 && !_isLimited[position]) term[i] -= excess * (p[i] - n[i]) + factor * _before[i];
        }
        for (int position = 0; position < mask.Length; position++) _isLimited[position] |= mask[position] > 0;
    }

    private void Begin(int step, ReadOnlySpan<float> p, ReadOnlySpan<float> n, float guidanceScale)
    {
        _step = step;
        _isLimited.AsSpan().Clear();
        if (_takenIn >= 0 || changes.IsEmpty) return;
        (_before, _after) = (_after, _before);
        (float latents, float prediction) = changes[step];
        for (int i = 0; i < _after.Length; i++) _after[i] = latents * _before[i] + prediction * guidanceScale * (p[i] - n[i]);
    }

    /// <summary>What the difference is multiplied by in a term that takes it back: 0 but in the first step that is limited.</summary>
    private float TakeBackFactor(int step)
    {
        if (_takenIn < 0) _takenIn = step;
        return _takenIn != step || changes.IsEmpty || changes[step].Prediction == 0 ? 0 : changes[step].Latents / changes[step].Prediction;
    }
}
