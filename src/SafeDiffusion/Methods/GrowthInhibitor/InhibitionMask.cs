using System.Collections.Immutable;
using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Model;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.GrowthInhibitor;

/// <summary>
/// The part of a picture that an inhibitor is limited to: every position in which a detector has found its concept in some step so far, and
/// what lies within an eighth of the grid's shorter side of it. It only grows: inhibition that succeeds makes the map fade, and must not let go for that.
/// </summary>
internal sealed class InhibitionMask
{
    /// <summary>The share of the grid's shorter side that it reaches beyond what was found; maps are read on coarser grids than the latents'.</summary>
    private const int Reach = 8;

    private readonly IReadOnlyList<ConceptPresence> _detectors;
    private readonly LatentShape _shape;
    private readonly float[] _grown;
    private readonly int _reach;

    /// <exception cref="InvalidRequestException">There is no detector, or one that keeps no map.</exception>
    public InhibitionMask(IReadOnlyList<ConceptPresence> detectors, LatentShape shape)
    {
        if (detectors.Any(detector => detector.Map.IsEmpty))
        {
            throw new InvalidRequestException("policy", "limits inhibition to where a concept is detected, and a protection before it detects without saying where. Let it act everywhere.");
        }
        (_detectors, _shape) = (detectors, shape);
        _grown = new float[shape.Height * shape.Width];
        _reach = Math.Max(1, Math.Min(shape.Height, shape.Width) / Reach);
    }

    /// <summary>1 where it acts and 0 elsewhere, <c>[H, W]</c>; empty as long as that is nowhere. The same array until it changes.</summary>
    public ImmutableArray<float> Values { get; private set; } = [];

    /// <summary>The share of the picture in which it acts.</summary>
    public float Area { get; private set; }

    /// <summary>Takes in what the detectors have read since.</summary>
    public void Update()
    {
        for (int i = 0; i < _detectors.Count; i++) Take(_detectors[i]);
        if (Values.AsSpan().SequenceEqual(_grown)) return;
        float area = TensorPrimitives.Average<float>(_grown);
        if (area == 0) return;
        (Values, Area) = ([.. _grown], area);
    }

    private void Take(ConceptPresence detector)
    {
        for (int i = 0; i < detector.Map.Length; i++)
        {
            (int y, int x) = (i / _shape.Width, i % _shape.Width);
            if (detector.Map[i] >= detector.Threshold) Fill(y - _reach, y + _reach, x - _reach, x + _reach);
        }
    }

    private void Fill(int top, int bottom, int left, int right)
    {
        (left, right) = (Math.Max(left, 0), Math.Min(right, _shape.Width - 1));
        for (int y = Math.Max(top, 0); y <= Math.Min(bottom, _shape.Height - 1); y++) _grown.AsSpan(y * _shape.Width + left, right - left + 1).Fill(1);
    }
}
