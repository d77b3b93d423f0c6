using System.Numerics.Tensors;

namespace SafeDiffusion.Training.Erasing;

/// <summary>States with what is to be given at each, <c>[N, D]</c> and <c>[N, K]</c>; the same state is kept once. The encoder is causal, so that prompts with a common beginning share states.</summary>
internal sealed class StateTable(int width, int outputs)
{
    private readonly HashSet<Key> _known = [];
    private readonly List<float[]> _states = [];
    private readonly List<float[]> _targets = [];
    private readonly List<double> _weights = [];

    public int Width => width;

    public int Outputs => outputs;

    public int Count => _states.Count;

    public float[] State(int row) => _states[row];

    public float[] Target(int row) => _targets[row];

    public double Weight(int row) => _weights[row];

    /// <summary>Adds a state, if it is new.</summary>
    public void Add(ReadOnlySpan<float> state, float[] target, double weight = 1)
    {
        float[] values = state.ToArray();
        if (!_known.Add(new Key(values))) return;
        _states.Add(values);
        _targets.Add(target);
        _weights.Add(weight);
    }

    /// <summary>So many rows by chance, all where there are no more.</summary>
    public StateTable Sample(int most, Random random)
    {
        if (Count <= most) return this;
        int[] rows = [.. Enumerable.Range(0, Count)];
        random.Shuffle(rows);
        StateTable sample = new(width, outputs);
        foreach (int row in rows.AsSpan(0, most)) sample.Add(_states[row], _targets[row], _weights[row]);
        return sample;
    }

    /// <summary>The median Euclidean distance of two states, over pairs drawn by chance.</summary>
    public double MedianDistance(Random random)
    {
        const int Pairs = 2000;
        double[] distances = [.. Enumerable.Range(0, Pairs).Select(_ => (double)TensorPrimitives.Distance<float>(_states[random.Next(Count)], _states[random.Next(Count)])).Order()];
        return distances[Pairs / 2];
    }

    private readonly record struct Key(float[] Values)
    {
        public bool Equals(Key other) => Values.AsSpan().SequenceEqual(other.Values);

        public override int GetHashCode()
        {
            HashCode hash = default;
            foreach (float value in Values) hash.Add(value);
            return hash.ToHashCode();
        }
    }
}
