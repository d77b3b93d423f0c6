namespace SafeDiffusion.Core.Numerics;

/// <summary>
/// The random numbers of <c>torch.Generator("cpu").manual_seed(seed)</c>: Mersenne Twister MT19937 (Matsumoto and Nishimura 1998)
/// with PyTorch's ways of making uniforms and normals from its words. Normals agree with PyTorch's to about 2e-6 absolute, since its
/// vector code approximates logarithm and cosine. Not safe for use by several threads at once.
/// </summary>
public sealed class TorchRandom
{
    private const int StateLength = 624;
    private const int ShiftLength = 397;
    private const int BlockLength = 16;

    private readonly uint[] _state = new uint[StateLength];
    private int _position = StateLength;
    private double? _secondNormal;

    /// <summary>Starts the sequence of a seed.</summary>
    /// <param name="seed">
    /// Any value; only its low 32 bits count, a negative seed as two's complement. A seed from 2^63 to 2^64 - 1 is given as
    /// <c>unchecked((long)seed)</c>.
    /// </param>
    public TorchRandom(long seed)
    {
        _state[0] = unchecked((uint)seed);
        for (int i = 1; i < StateLength; i++)
        {
            uint previous = _state[i - 1];
            _state[i] = 1812433253u * (previous ^ (previous >> 30)) + (uint)i;
        }
    }

    /// <summary>The next raw word of the generator, 0 to 2^32 - 1.</summary>
    public uint NextUInt32()
    {
        if (_position == StateLength) Regenerate();
        uint word = _state[_position++];
        word ^= word >> 11;
        word ^= (word << 7) & 0x9D2C5680u;
        word ^= (word << 15) & 0xEFC60000u;
        return word ^ (word >> 18);
    }

    /// <summary>Fills with uniforms in [0, 1), as <c>torch.rand</c> in float32: one word each, its low 24 bits times 2^-24.</summary>
    /// <param name="destination">Any length.</param>
    public void FillUniform(Span<float> destination)
    {
        foreach (ref float value in destination) value = (NextUInt32() & 0xFFFFFF) * (1f / (1 << 24));
    }

    /// <summary>
    /// Fills with standard normals, as <c>torch.randn</c> in float32. From 16 values on they are made in blocks of 16; below, one by
    /// one in double precision, where the second normal of a pair waits for the next short fill, also across longer ones.
    /// </summary>
    /// <param name="destination">Any length; one fill of a length is not the same as two fills of its halves.</param>
    public void FillNormal(Span<float> destination)
    {
        if (destination.Length < BlockLength)
        {
            foreach (ref float value in destination) value = (float)NextNormal();
            return;
        }
        FillUniform(destination);
        for (int start = 0; start + BlockLength <= destination.Length; start += BlockLength)
        {
            TransformBlock(destination.Slice(start, BlockLength));
        }
        if (destination.Length % BlockLength == 0) return;
        Span<float> last = destination[^BlockLength..];
        FillUniform(last);
        TransformBlock(last);
    }

    /// <summary>Box–Muller on a block of 16 uniforms: the first eight give the radii, the last eight the angles.</summary>
    private static void TransformBlock(Span<float> block)
    {
        for (int j = 0; j < BlockLength / 2; j++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - block[j]));
            (double sin, double cos) = Math.SinCos(2 * Math.PI * block[j + BlockLength / 2]);
            block[j] = (float)(radius * cos);
            block[j + BlockLength / 2] = (float)(radius * sin);
        }
    }

    private double NextNormal()
    {
        if (_secondNormal is { } waiting)
        {
            _secondNormal = null;
            return waiting;
        }
        // A uniform is a multiple of 2^-53, so 1 - u is exact and log1p is not needed.
        double angle = 2 * Math.PI * NextUniform53();
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextUniform53()));
        (double sin, double cos) = Math.SinCos(angle);
        _secondNormal = radius * sin;
        return radius * cos;
    }

    /// <summary>A uniform of 53 bits from two words, the first one high.</summary>
    private double NextUniform53()
    {
        ulong high = NextUInt32();
        ulong both = (high << 32) | NextUInt32();
        return (both & ((1UL << 53) - 1)) * (1.0 / (1UL << 53));
    }

    private void Regenerate()
    {
        for (int i = 0; i < StateLength; i++)
        {
            uint mixed = (_state[i] & 0x80000000u) | (_state[(i + 1) % StateLength] & 0x7FFFFFFFu);
            uint twist = (mixed & 1) == 0 ? 0 : 0x9908B0DFu;
            _state[i] = _state[(i + ShiftLength) % StateLength] ^ (mixed >> 1) ^ twist;
        }
        _position = 0;
    }
}
