using TorchSharp;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs;

/// <summary>
/// A run that keeps what passes from one piece of the graph to the next, and computes everything between again when its gradient is wanted
/// (Chen et al. 2016, arXiv:1604.06174): a forward more in time, and the activations of one piece in memory in place of all.
/// </summary>
internal sealed class RecomputedRun
{
    private readonly GraphNode[][] _pieces;
    private readonly string[][] _needed;
    private readonly Dictionary<string, Tensor> _kept;
    private readonly HashSet<string> _inputs;
    private readonly Func<string, Tensor?> _steady;

    /// <summary>Runs forward, without a tape.</summary>
    /// <param name="pieces">The nodes, in order, in pieces.</param>
    /// <param name="inputs">The graph's inputs.</param>
    /// <param name="steady">Parameters, constants, and what depends on shapes alone.</param>
    /// <param name="outputs">The graph's outputs.</param>
    public RecomputedRun(GraphNode[][] pieces, Dictionary<string, Tensor> inputs, Func<string, Tensor?> steady, string[] outputs)
    {
        _pieces = pieces;
        _steady = steady;
        _inputs = [.. inputs.Keys];
        _needed = [.. pieces.Select(Needed)];
        HashSet<string> passed = [.. _needed.SelectMany(names => names), .. outputs];
        _kept = inputs.ToDictionary(pair => pair.Key, pair => pair.Value.alias().DetachFromDisposeScope());
        using IDisposable tapeless = no_grad();
        for (int piece = 0; piece < pieces.Length; piece++)
        {
            using DisposeScope scope = NewDisposeScope();
            foreach ((string name, Tensor value) in Evaluate(piece, _kept).Where(value => passed.Contains(value.Key) && !_kept.ContainsKey(value.Key)))
                _kept[name] = value.DetachFromDisposeScope();
        }
        Outputs = outputs.Distinct().ToDictionary(name => name, name => _kept[name].detach().clone().requires_grad_());
    }

    /// <summary>The outputs, leaves of the tape: what they give to a loss comes back by <see cref="Backward()"/>.</summary>
    public IReadOnlyDictionary<string, Tensor> Outputs { get; }

    /// <summary>Takes the outputs' gradients on to the parameters, piece by piece from the last; the run is over then.</summary>
    public void Backward()
    {
        Dictionary<string, Tensor> gradients = [];
        foreach ((string name, Tensor output) in Outputs)
        {
            if (output.grad is { } gradient) gradients[name] = gradient.DetachFromDisposeScope();
        }
        for (int piece = _pieces.Length - 1; piece >= 0; piece--) Backward(piece, gradients);
        foreach (Tensor tensor in _kept.Values.Concat(gradients.Values)) tensor.Dispose();
    }

    private void Backward(int piece, Dictionary<string, Tensor> gradients)
    {
        using DisposeScope scope = NewDisposeScope();
        Dictionary<string, Tensor> leaves = _needed[piece].ToDictionary(name => name, name => Leaf(name));
        Dictionary<string, Tensor> values = Evaluate(piece, leaves);
        string[] ends = [.. values.Keys.Where(name => !leaves.ContainsKey(name) && gradients.ContainsKey(name) && values[name].requires_grad)];
        if (ends.Length == 0) return;
        autograd.backward([.. ends.Select(name => values[name])], [.. ends.Select(name => gradients[name])]);
        foreach (string name in ends)
        {
            gradients[name].Dispose();
            gradients.Remove(name);
        }
        foreach ((string name, Tensor leaf) in leaves)
        {
            if (_inputs.Contains(name) || leaf.grad is not { } gradient) continue;
            Tensor sum = gradients.TryGetValue(name, out Tensor? before) ? before + gradient : gradient.clone();
            before?.Dispose();
            gradients[name] = sum.DetachFromDisposeScope();
        }
    }

    private Tensor Leaf(string name)
    {
        Tensor leaf = _kept[name].detach();
        return !_inputs.Contains(name) && leaf.is_floating_point() ? leaf.requires_grad_() : leaf;
    }

    /// <summary>All values of a piece, with those that it begins with.</summary>
    private Dictionary<string, Tensor> Evaluate(int piece, Dictionary<string, Tensor> given)
    {
        Dictionary<string, Tensor> values = _needed[piece].ToDictionary(name => name, name => given[name]);
        foreach (GraphNode node in _pieces[piece])
        {
            Tensor[] made = node.Run([.. node.Inputs.Select(name => name.Length == 0 ? null : values.GetValueOrDefault(name) ?? _steady(name))]);
            for (int i = 0; i < made.Length && i < node.Outputs.Count; i++)
            {
                if (node.Outputs[i].Length > 0) values[node.Outputs[i]] = made[i];
            }
        }
        return values;
    }

    /// <summary>What a piece uses of what is made before it.</summary>
    private string[] Needed(GraphNode[] piece)
    {
        HashSet<string> made = [.. piece.SelectMany(node => node.Outputs)];
        return [.. piece.SelectMany(node => node.Inputs).Distinct().Where(name => name.Length > 0 && !made.Contains(name) && _steady(name) is null)];
    }
}
