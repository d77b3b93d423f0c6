using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Numerics;

/// <summary>Noise that the caller gives, handed out from front to back; that is how two implementations are compared.</summary>
public sealed class GivenNoise : INoiseSource
{
    private readonly float[] _values;
    private int _used;

    /// <summary>Takes a copy of the values.</summary>
    /// <param name="values">
    /// The initial latents <c>[1, 4, H, W]</c>, then, where <c>eta &gt; 0</c>, one such tensor per denoising step. All are finite.
    /// </param>
    /// <exception cref="InvalidRequestException">There are no values, or one is NaN or infinite.</exception>
    public GivenNoise(ReadOnlySpan<float> values)
    {
        if (values.IsEmpty) throw new InvalidRequestException("noise", "holds no values; give at least the initial latents");
        foreach (float value in values)
        {
            if (!float.IsFinite(value)) throw new InvalidRequestException("noise", $"holds the value {value}; give finite ones");
        }
        _values = values.ToArray();
    }

    /// <summary>The number of values not yet handed out.</summary>
    public int Remaining => _values.Length - _used;

    /// <inheritdoc/>
    public void Fill(Span<float> destination)
    {
        if (destination.Length > Remaining)
        {
            throw new InvalidRequestException("noise",
                $"{destination.Length} values are needed but only {Remaining} of {_values.Length} are left; "
                + "give the initial latents and, where eta > 0, one tensor per step");
        }
        _values.AsSpan(_used, destination.Length).CopyTo(destination);
        _used += destination.Length;
    }
}
