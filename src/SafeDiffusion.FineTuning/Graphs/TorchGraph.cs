using SafeDiffusion.Core.Errors;
using SafeDiffusion.FineTuning.Graphs.Operators;
using SafeDiffusion.FineTuning.Native;
using SafeDiffusion.Instrumentation.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs;

/// <summary>
/// An exported network under autograd: its graph is run node by node, by the autograd library's operators, so that gradients flow to the
/// inputs and to the initializers that are chosen as parameters. Everything in floating point is computed in one precision, whatever the
/// file stores. Not for several threads at once.
/// </summary>
public sealed class TorchGraph : IDisposable
{
    private const int MostSizes = 8;
    private const int MostNumbers = 16;
    private readonly GraphNode[] _nodes;
    private readonly Dictionary<string, Tensor> _constants;
    private readonly Dictionary<string, Tensor> _parameters;
    private readonly Dictionary<string, Tensor> _originals;
    private readonly Dictionary<string, SizePlan> _plans = [];
    private readonly OnnxModelFile _model;
    private readonly ScalarType _precision;
    private readonly Device _device;

    /// <summary>Reads a network. Weights become tensors in memory, once; those that nothing uses are not read.</summary>
    /// <param name="model">The network.</param>
    /// <param name="parameters">The initializers that gradients are wanted of; none by default.</param>
    /// <param name="precision">Float32, or Float64 for an independent reference.</param>
    /// <param name="device">What computes; outputs and parameters are there, inputs are brought there.</param>
    /// <exception cref="UnsupportedGraphException">A node cannot be run; the error names it and says why.</exception>
    /// <exception cref="InvalidFileException">The graph breaks the rules of ONNX, weights cannot be read, or a parameter is no initializer in floating point.</exception>
    /// <exception cref="AutogradNotAvailableException">The autograd library is not there.</exception>
    public TorchGraph(OnnxModelFile model, IReadOnlyCollection<string>? parameters = null, ScalarType precision = ScalarType.Float32, AutogradDevice device = AutogradDevice.Cpu)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (precision is not (ScalarType.Float32 or ScalarType.Float64)) throw new ArgumentException("Float32 and Float64 can be computed in.", nameof(precision));
        AutogradLibrary.Load(device);
        _model = model;
        _precision = precision;
        _device = device.ToTorch();
        OnnxGraph graph = new(model);
        _nodes = [.. graph.Nodes.Select(node => GraphNode.Of(model.Path, node, graph.Opset, precision, _device))];
        HashSet<string> used = [.. graph.Nodes.SelectMany(node => node.Inputs), .. model.Outputs.Select(output => output.Name)];
        _parameters = (parameters ?? []).Distinct().ToDictionary(name => name, name => Parameter(graph, name));
        _originals = _parameters.ToDictionary(pair => pair.Key, pair => pair.Value.detach().clone().DetachFromDisposeScope());
        _constants = graph.Initializers.Where(pair => used.Contains(pair.Key) && !_parameters.ContainsKey(pair.Key)).ToDictionary(pair => pair.Key, pair => Placed(Read(pair.Value)));
        _nodes = ConstantFolding.Fold(_nodes, _constants, [.. model.Outputs.Select(output => output.Name)]);
    }

    /// <summary>The parameters by initializer: leaves of the tape, of the initializers' shapes. They may be changed in place, without a tape.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => _parameters;

    /// <summary>The inputs that a caller gives.</summary>
    public IReadOnlyList<OnnxValue> Inputs => _model.Inputs;

    /// <summary>How many nodes are run for a size of the inputs that was run before; the others gave the same for every input of that size.</summary>
    internal int NodesOfLastRun { get; private set; }

    /// <summary>Runs the network.</summary>
    /// <param name="inputs">The inputs by name; numbers in floating point are brought to the graph's precision.</param>
    /// <returns>The outputs by name; the caller disposes of them.</returns>
    /// <exception cref="InvalidRequestException">An input is missing, or is none of the network's.</exception>
    /// <exception cref="UnsupportedGraphException">A node cannot be run with these inputs.</exception>
    public IReadOnlyDictionary<string, Tensor> Run(IReadOnlyDictionary<string, Tensor> inputs) => Run(inputs, _parameters);

    /// <summary>Runs the network as its file has it, whatever its parameters have become. All other weights are shared.</summary>
    /// <inheritdoc cref="Run(IReadOnlyDictionary{string, Tensor})"/>
    public IReadOnlyDictionary<string, Tensor> RunOriginal(IReadOnlyDictionary<string, Tensor> inputs)
    {
        using IDisposable tapeless = no_grad();
        return Run(inputs, _originals);
    }

    /// <summary>Runs the network so that its activations are computed again, piece by piece, when the gradient is wanted.</summary>
    /// <param name="inputs">The inputs by name.</param>
    /// <param name="pieces">How many pieces, at least 1.</param>
    internal RecomputedRun RunRecomputed(IReadOnlyDictionary<string, Tensor> inputs, int pieces)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pieces, 1);
        Require(inputs);
        (Dictionary<string, Tensor> given, SizePlan plan) = Planned(inputs);
        if (!plan.IsKnown)
        {
            using DisposeScope scope = NewDisposeScope();
            _ = RunOriginal(inputs);
        }
        return new RecomputedRun(plan.Pieces(pieces), given, Steady, [.. _model.Outputs.Select(output => output.Name)]);

        Tensor? Steady(string name) => plan.Fixed(name) ?? _parameters.GetValueOrDefault(name) ?? _constants.GetValueOrDefault(name);
    }

    private Dictionary<string, Tensor> Run(IReadOnlyDictionary<string, Tensor> inputs, IReadOnlyDictionary<string, Tensor> parameters)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        Require(inputs);
        using DisposeScope scope = NewDisposeScope();
        (Dictionary<string, Tensor> given, SizePlan plan) = Planned(inputs);
        Dictionary<string, Tensor> outputs = plan.Run(given, parameters, _constants, [.. _model.Outputs.Select(output => output.Name)]);
        NodesOfLastRun = plan.Count;
        foreach (Tensor output in outputs.Values) output.MoveToOuterDisposeScope();
        return outputs;
    }

    /// <summary>The inputs as they are computed with, and how the graph is run for their size.</summary>
    private (Dictionary<string, Tensor> Given, SizePlan Plan) Planned(IReadOnlyDictionary<string, Tensor> inputs)
    {
        Dictionary<string, Tensor> given = inputs.ToDictionary(pair => pair.Key, pair => Precise(pair.Value));
        string size = string.Join(';', given.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}:{pair.Value.dtype}:{string.Join(',', pair.Value.shape)}"));
        if (!_plans.TryGetValue(size, out SizePlan? plan))
        {
            if (_plans.Count >= MostSizes) Forget();
            plan = _plans[size] = new SizePlan(_nodes);
        }
        return (given, plan);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        foreach (Tensor tensor in _constants.Values.Concat(_parameters.Values).Concat(_originals.Values)) tensor.Dispose();
    }

    private void Forget()
    {
        foreach (SizePlan plan in _plans.Values) plan.Dispose();
        _plans.Clear();
    }

    private Tensor Precise(Tensor input) => input.is_floating_point() ? input.to(_precision).to(_device) : input;

    private void Require(IReadOnlyDictionary<string, Tensor> inputs)
    {
        foreach (OnnxValue input in _model.Inputs)
        {
            if (!inputs.ContainsKey(input.Name)) throw new InvalidRequestException(input.Name, $"is missing; {Path.GetFileName(_model.Path)} has the inputs {string.Join(", ", _model.Inputs.Select(one => one.Name))}.");
        }
        foreach (string name in inputs.Keys)
        {
            if (_model.Inputs.All(input => input.Name != name)) throw new InvalidRequestException(name, $"is no input of {Path.GetFileName(_model.Path)}; it has {string.Join(", ", _model.Inputs.Select(one => one.Name))}.");
        }
    }

    private Tensor Parameter(OnnxGraph graph, string name)
    {
        if (!graph.Initializers.TryGetValue(name, out OnnxTensor? stored)) throw new InvalidFileException(_model.Path, $"has no initializer '{name}' to be trained");
        Tensor tensor = Read(stored);
        if (tensor.is_floating_point()) return Moved(tensor).requires_grad_();
        throw new InvalidFileException(_model.Path, $"the initializer '{name}' is of type {stored.ElementType}, which cannot be trained");
    }

    /// <summary>Weights go to the device; integers and numbers that shapes are made of stay.</summary>
    private Tensor Placed(Tensor constant) => constant.is_floating_point() && constant.numel() > MostNumbers ? Moved(constant) : constant;

    private Tensor Moved(Tensor tensor)
    {
        if (_device.type == DeviceType.CPU) return tensor;
        using (tensor) return tensor.to(_device).DetachFromDisposeScope();
    }

    private Tensor Read(OnnxTensor stored) => TensorTypes.Read(stored, _precision)?.DetachFromDisposeScope()
        ?? throw new InvalidFileException(_model.Path, $"the initializer '{stored.Name}' is of type {stored.ElementType}, which cannot be computed with");
}
