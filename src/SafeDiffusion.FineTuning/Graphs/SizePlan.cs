using SafeDiffusion.Core.Errors;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs;

/// <summary>
/// How a graph is run for one size of its inputs. A first run, without a tape, finds out which values depend on shapes alone, about half of
/// an exported graph's nodes, and keeps them; runs that count leave those nodes out, and run as one what the exporter has taken apart.
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
        if (!IsKnown) Learn(inputs, parameters, constants, outputs);
        Dictionary<string, Tensor> values = new(inputs, StringComparer.Ordinal);
        for (int i = 0; i < _nodes.Length; i++)
        {
            Run(_nodes[i], values, parameters, constants);
            Release(values, inputs, _lastUses![i]);
        }
        return outputs.Distinct().ToDictionary(name => name, name => Owned(name));

        // What stays with the graph is not given away.
        Tensor Owned(string name) => values.TryGetValue(name, out Tensor? value) && !inputs.ContainsKey(name)
            ? value
            : (value ?? _fixed.GetValueOrDefault(name) ?? parameters.GetValueOrDefault(name) ?? constants[name]).alias();
    }

    /// <summary>Finds out, in a run without a tape, what depends on shapes alone, and what is then run as one.</summary>
    private void Learn(Dictionary<string, Tensor> inputs, IReadOnlyDictionary<string, Tensor> parameters, IReadOnlyDictionary<string, Tensor> constants, string[] outputs)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable tapeless = no_grad();
        Dictionary<string, Tensor> values = new(inputs, StringComparer.Ordinal);
        Dictionary<string, long[]> shapes = inputs.Concat(parameters).Concat(constants).ToDictionary(pair => pair.Key, pair => pair.Value.shape);
        List<GraphNode> left = [];
        foreach (GraphNode node in _nodes)
        {
            bool isFixed = node.AsksForShapesOnly || node.Inputs.All(name => name.Length == 0 || _fixed.ContainsKey(name) || constants.ContainsKey(name));
            Run(node, values, parameters, constants);
            foreach (string name in node.Outputs.Where(values.ContainsKey))
            {
                shapes[name] = values[name].shape;
                _sizes[name] = isFixed ? 0 : values[name].numel();
                if (!isFixed || !values.Remove(name, out Tensor? value)) continue;
                _fixed[name] = value.DetachFromDisposeScope();
            }
            if (!isFixed) left.Add(node);
        }
        Keep([.. new NodeFusion(left, outputs, shapes, name => _fixed.GetValueOrDefault(name) ?? constants.GetValueOrDefault(name)).Fused()], outputs);
    }

    private void Run(GraphNode node, Dictionary<string, Tensor> values, IReadOnlyDictionary<string, Tensor> parameters, IReadOnlyDictionary<string, Tensor> constants)
    {
        Tensor[] made = node.Run([.. node.Inputs.Select(name => name.Length == 0 ? null : Find(name))]);
        for (int output = 0; output < made.Length; output++)
        {
            if (output < node.Outputs.Count && node.Outputs[output] is { Length: > 0 } name) values[name] = made[output];
            else made[output].Dispose();
        }

        Tensor Find(string name) =>
            values.GetValueOrDefault(name) ?? _fixed.GetValueOrDefault(name) ?? parameters.GetValueOrDefault(name) ?? constants.GetValueOrDefault(name)
            ?? throw new InvalidFileException(node.File, $"the node '{node.Node.Name}' uses the value '{name}', which cannot be read");
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
            foreach (string name in _nodes[i].Inputs) last[name] = i;
        }
        long[] change = new long[_nodes.Length + 2];
        for (int i = 0; i < _nodes.Length; i++)
        {
            foreach (string name in _nodes[i].Outputs.Where(last.ContainsKey))
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
            foreach (string name in left[i].Inputs.Concat(left[i].Outputs)) last[name] = i;
        }
        foreach (string output in outputs) last.Remove(output);
        ILookup<int, string> released = last.ToLookup(pair => pair.Value, pair => pair.Key);
        _lastUses = [.. Enumerable.Range(0, left.Length).Select(i => released[i].ToArray())];
        HashSet<string> used = [.. left.SelectMany(node => node.Inputs), .. outputs];
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
