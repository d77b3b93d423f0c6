using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Baking;

/// <summary>Writes new weights one by one: those that read text, multiplied by P, then all others that are given anew.</summary>
/// <param name="model">The model.</param>
/// <param name="edited">Its copy, which is edited.</param>
/// <param name="changed">What gives other elements of an initializer.</param>
/// <param name="data">Where they go.</param>
/// <param name="progress">Is told of every weight.</param>
internal sealed class WeightReplacement(
    OnnxModelFile model, ModelProto edited, IReadOnlyDictionary<string, Func<ReadOnlyMemory<byte>>> changed, ExternalDataFile data, IProgress<BakingProgress>? progress)
{
    private readonly HashSet<TensorProto> _written = new(ReferenceEqualityComparer.Instance);
    private bool _differs;

    /// <returns>How many weights were written.</returns>
    /// <exception cref="InvalidFileException">A weight cannot be read or does not fit, or nothing would differ.</exception>
    public int Run(IReadOnlyList<TextWeight> weights, TextMatrix? matrix, CancellationToken cancellationToken)
    {
        int total = weights.Count + changed.Count;
        int done = 0;
        foreach (TextWeight weight in weights)
        {
            Begin(weight.Name);
            Multiply(weight, matrix!, cancellationToken);
        }
        Dictionary<string, TensorProto> initializers = edited.Graph.Initializer.Where(tensor => changed.ContainsKey(tensor.Name)).ToDictionary(tensor => tensor.Name);
        foreach ((string name, Func<ReadOnlyMemory<byte>> elements) in changed)
        {
            Begin(name);
            TensorProto tensor = initializers.GetValueOrDefault(name) ?? throw new InvalidFileException(model.Path, $"has no initializer '{name}'");
            if (_written.Add(tensor)) Replace(tensor, elements());
        }
        if (!_differs) throw new InvalidFileException(model.Path, "would stay as it is: the erasure changes none of its weights, so that nothing would be erased");
        progress?.Report(new("", total, total));
        return _written.Count;

        void Begin(string name)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report(new(name, done++, total));
        }
    }

    private void Multiply(TextWeight weight, TextMatrix matrix, CancellationToken cancellationToken)
    {
        // Null alone would become empty memory, by way of a null array.
        ReadOnlyMemory<byte>? given = changed.TryGetValue(weight.Name, out Func<ReadOnlyMemory<byte>>? elements) ? elements() : default(ReadOnlyMemory<byte>?);
        float[] before = WeightElements.Read(model, weight, matrix.Width, given);
        byte[] after = WeightElements.Write(model, weight, matrix.Applied(before, weight.IsTransposed, cancellationToken));
        _differs |= !after.AsSpan().SequenceEqual(WeightElements.Write(model, weight, before));
        data.Replace(weight.Tensor, after);
        _written.Add(weight.Tensor);
    }

    private void Replace(TensorProto tensor, ReadOnlyMemory<byte> elements)
    {
        ReadOnlyMemory<byte> before = new OnnxTensor(model, tensor).ReadBytes();
        if (before.Length != elements.Length) throw new InvalidFileException(model.Path, $"the initializer '{tensor.Name}' takes {before.Length} bytes, and {elements.Length} are given");
        _differs |= !before.Span.SequenceEqual(elements.Span);
        data.Replace(tensor, elements);
    }
}
