using Fuzz.Forms;

namespace Fuzz.Engine;

/// <summary>A parser, what it is fed with, and how that is damaged.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Seeds">Whole inputs, at least one.</param>
/// <param name="Form">What it knows of the inputs' form.</param>
/// <param name="Read">Reads an input; errors of the library are refusals.</param>
internal sealed record FuzzTarget(string Name, Lazy<IReadOnlyList<byte[]>> Seeds, IForm Form, Action<byte[]> Read)
{
    public FuzzTarget(string name, Func<IEnumerable<byte[]>> seeds, IForm form, Action<byte[]> read)
        : this(name, new Lazy<IReadOnlyList<byte[]>>(() => [.. seeds()]), form, read)
    {
    }

    /// <summary>What one input may cost.</summary>
    public Bounds Bounds { get; init; } = Bounds.Default;

    /// <summary>The input of an index: the same at every time and on every machine. The first ones are the seeds as they are.</summary>
    public byte[] Input(int seed, long index)
    {
        if (index < Seeds.Value.Count) return Seeds.Value[(int)index];
        Random random = new(Mix(seed, index));
        byte[] input = random.Pick(Seeds.Value);
        for (int changes = random.Skewed(4); changes >= 0; changes--)
        {
            byte[] other = random.Pick(Seeds.Value);
            input = random.OneIn(4) ? ByteForm.Instance.Change(random, input, other) : Form.Change(random, input, other);
        }
        return input;
    }

    /// <summary>SplitMix64 (Steele, Lea and Flood, 2014): neighbours get seeds that have nothing in common.</summary>
    private static int Mix(int seed, long index)
    {
        ulong value = ((ulong)(uint)seed << 40 ^ (ulong)index) + 0x9E3779B97F4A7C15;
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
        value = (value ^ value >> 27) * 0x94D049BB133111EB;
        return (int)(value ^ value >> 31);
    }
}
