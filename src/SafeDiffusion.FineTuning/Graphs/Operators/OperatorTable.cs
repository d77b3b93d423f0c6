using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>Runs a node.</summary>
/// <returns>Its outputs, in the operator's order.</returns>
internal delegate Tensor[] OperatorRunner(OperatorCall call);

/// <summary>The operators that can be run, by the name that a node has them by.</summary>
internal sealed class OperatorTable
{
    private readonly Dictionary<string, OperatorRunner> _runners = new(StringComparer.Ordinal);

    private OperatorTable()
    {
        ConstantOperators.AddTo(this);
        ElementwiseOperators.AddTo(this);
        ActivationOperators.AddTo(this);
        ComparisonOperators.AddTo(this);
        LayoutOperators.AddTo(this);
        IndexingOperators.AddTo(this);
        ProductOperators.AddTo(this);
        ReductionOperators.AddTo(this);
        NormalizationOperators.AddTo(this);
        ConvolutionOperators.AddTo(this);
        ResizeOperator.AddTo(this);
        AttentionOperators.AddTo(this);
    }

    /// <summary>All that there are.</summary>
    public static OperatorTable All { get; } = new();

    /// <summary>Their names in order.</summary>
    public IEnumerable<string> Names => _runners.Keys.Order(StringComparer.Ordinal);

    /// <summary>What runs an operator; null where nothing does.</summary>
    public OperatorRunner? Find(string name) => _runners.GetValueOrDefault(name);

    /// <summary>Adds an operator of one output.</summary>
    public void Add(string name, Func<OperatorCall, Tensor> run) => _runners.Add(name, call => [run(call)]);

    /// <summary>Adds an operator of several outputs.</summary>
    public void AddMany(string name, OperatorRunner run) => _runners.Add(name, run);
}
