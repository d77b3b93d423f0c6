using System.Text.Json.Serialization;

namespace SafeDiffusion.Instrumentation.Quantization;

/// <summary>The range of a value that 8 bits stand for. It holds zero, which the padding of convolutions needs to be exact.</summary>
public readonly record struct ValueRange
{
    private const int Levels = byte.MaxValue;

    /// <summary>Makes one, widened to hold zero.</summary>
    /// <exception cref="ArgumentException">A number is not finite, or the lower is above the higher.</exception>
    [JsonConstructor]
    public ValueRange(float low, float high)
    {
        if (!float.IsFinite(low) || !float.IsFinite(high) || low > high) throw new ArgumentException($"[{low}, {high}] is no range of numbers.", nameof(low));
        Low = Math.Min(low, 0);
        High = Math.Max(high, 0);
    }

    /// <summary>The lowest number, 0 or below; lower ones become this.</summary>
    public float Low { get; }

    /// <summary>The highest number, 0 or above; higher ones become this.</summary>
    public float High { get; }

    /// <summary>From one of the 256 numbers to the next.</summary>
    [JsonIgnore]
    public float Scale => High > Low ? (High - Low) / Levels : 1f / Levels;

    /// <summary>The level that stands for 0.</summary>
    [JsonIgnore]
    public byte ZeroPoint => (byte)Math.Clamp(MathF.Round(-Low / Scale), 0, Levels);
}
