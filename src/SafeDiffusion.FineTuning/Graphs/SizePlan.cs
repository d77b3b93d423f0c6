using SafeDiffusion.Core.Errors;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs;

/// <summary>
/// How a graph is run for one size of its inputs. The first run finds out which values depend on shapes alone, about half of an exported
/// graph's nodes, and keeps them; later runs leave those nodes out.
/// </summary>
internal sealed class SizePlan(GraphNode[] nodes) : IDisposable
{
    private readonly Dictionary<string, Tensor> _fixed = [];
    private readonly Dictionary<string, long> _sizes = [];
    private GraphNode[] _nodes = nodes;
    private string[][]? _lastUses;

    /// <summary>How many nodes a run has.</summary>
    public int Count => _nodes.Length;

    /// <summary>Runs the graph; what is not needed any more is disposed of on the way, unless the tape holds it.</summary>
    public Dictionary<string, Tensor> Run(
        Dictionary<string, Tensor> inputs, IReadOnlyDictionary<string, Tensor> parameters, IReadOnlyDictionary<string, Tensor> constants, string[] outputs)
    {
        bool isFirst = _lastUses is null;
        Dictionary<string, Tensor> values = new(inputs, StringComparer.Ordinal);
        List<GraphNode> left = [];
        for (int i = 0; i < _nodes.Length; i++)
        {
            GraphNode node = _nodes[i];
            bool isFixed = isFirst && (node.AsksForShapesOnly || node.Node.Inputs.All(name => name.Length == 0 || _fixed.ContainsKey(name) || constants.ContainsKey(name)));
            Tensor[] made = node.Run([.. node.Node.Inputs.Select(name => name.Length == 0 ? null : Find(name, node))]);
            for (int output = 0; output < made.Length; output++)
            {
                if (output >= node.Node.Outputs.Count || node.Node.Outputs[output] is not { Length: > 0 } name)
                {
                    made[output].Dispose();
                    continue;
                }
                if (isFirst) _sizes[name] = isFixed ? 0 : made[output].numel();
                if (isFixed) _fixed[name] = made[output].DetachFromDisposeScope();
                else values[name] = made[output];
            }
            if (!isFixed) left.Add(node);
            if (!isFirst) Release(values, inputs, _lastUses![i]);
        }
        if (isFirst) Keep([.. left], outputs);
        return outputs.Distinct().ToDictionary(name => name, name => Owned(name));

        Tensor Find(string name, GraphNode node) =>
            values.GetValueOrDefault(name) ?? _fixed.GetValueOrDefault(name) ?? parameters.GetValueOrDefault(name) ?? constants.GetValueOrDefault(name)
            ?? throw new InvalidFileException(node.File, $"the node '{node.Node.Name}' uses the value '{name}', which cannot be read");

        // What stays with the graph is not given away.
        Tensor Owned(string name) => values.TryGetValue(name, out Tensor? value) && !inputs.ContainsKey(name)
            ? value
            : (value ?? _fixed.GetValueOrDefault(name) ?? parameters.GetValueOrDefault(name) ?? constants[name]).alias();
    }

    /// <summary>Whether a run has found out what depends on shapes alone.</summary>
    public bool IsKnown => _lastUses is not null;

    /// <summary>A value that depends on shapes alone; null for any other.</summary>
    public Tensor? Fixed(string name) => _fixed.GetValueOrDefault(name);

    /// <summary>The nodes in pieces of about equal number, each cut where the fewest numbers pass from one to the next.</summary>
    public GraphNode[][] Pieces(int count)
    {
        int window = Math.Max(1, _nodes.Length / (2 * count));
        long[] passing = Passing();
        List<GraphNode[]> pieces = [];
        int begin = 0;
        for (int piece = 1; piece < count; piece++)
        {
            int middle = (int)((long)_nodes.Length * piece / count);
            int[] places = [.. Enumerable.Range(middle - window / 2, window).Where(place => place > begin && place < _nodes.Length)];
            if (places.Length == 0) continue;
            int cut = places.MinBy(place => passing[place]);
            pieces.Add(_nodes[begin..cut]);
            begin = cut;
        }
        return [.. pieces, _nodes[begin..]];
    }

    /// <summary>How many numbers are made before each node and used from there on.</summary>
    private long[] Passing()
    {
        Dictionary<string, int> last = [];
        for (int i = 0; i < _nodes.Length; i++)
        {
            foreach (string name in _nodes[i].Node.Inputs) last[name] = i;
        }
        long[] change = new long[_nodes.Length + 2];
        for (int i = 0; i < _nodes.Length; i++)
        {
            foreach (string name in _nodes[i].Node.Outputs.Where(last.ContainsKey))
            {
                change[i + 1] += _sizes.GetValueOrDefault(name);
                change[last[name] + 1] -= _sizes.GetValueOrDefault(name);
            }
        }
        for (int i = 1; i < change.Length; i++) change[i] += change[i - 1];
        return change;
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _fixed.Values) tensor.Dispose();
    }

    private void Keep(GraphNode[] left, string[] outputs)
    {
        _nodes = left;
        Dictionary<string, int> last = [];
        for (int i = 0; i < left.Length; i++)
        {
            foreach (string name in left[i].Node.Inputs.Concat(left[i].Node.Outputs)) last[name] = i;
        }
        foreach (string output in outputs) last.Remove(output);
        ILookup<int, string> released = last.ToLookup(pair => pair.Value, pair => pair.Key);
        _lastUses = [.. Enumerable.Range(0, left.Length).Select(i => released[i].ToArray())];
        HashSet<string> used = [.. left.SelectMany(node => node.Node.Inputs), .. outputs];
        foreach (string unused in _fixed.Keys.Where(name => !used.Contains(name)).ToArray())
        {
            _fixed[unused].Dispose();
            _fixed.Remove(unused);
        }
    }

    private static void Release(Dictionary<string, Tensor> values, Dictionary<string, Tensor> inputs, string[] names)
    {
        foreach (string name in names)
        {
            if (!inputs.ContainsKey(name) && values.Remove(name, out Tensor? value)) value.Dispose();
        }
    }
}
