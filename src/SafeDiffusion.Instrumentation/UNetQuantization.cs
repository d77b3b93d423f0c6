using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Quantization;

namespace SafeDiffusion.Instrumentation;

/// <summary>
/// Lets the convolutions and matrix products of a UNet run in 8-bit whole numbers, which takes a third of the time and a quarter of the memory:
/// weights are rounded with a scale for every output channel, activations to a range that has been observed. Keys, values and outputs of
/// cross-attention stay as they are, so that what is read there and steered there is what it was.
/// </summary>
public static class UNetQuantization
{
    /// <summary>What a UNet's metadata says of its quantisation; null for one that this library has not quantised.</summary>
    /// <exception cref="InvalidFileException">The metadata is damaged.</exception>
    public static QuantizationRecord? RecordOf(OnnxModelFile model) => QuantizationRecord.Of(model);

    /// <summary>The layers that can run in whole numbers, in the order of evaluation.</summary>
    /// <param name="model">The UNet.</param>
    /// <exception cref="GraphNotUnderstoodException">The cross-attention is not understood.</exception>
    /// <exception cref="InvalidFileException">The UNet is quantised or instrumented already, breaks the rules of ONNX, or has no such layer.</exception>
    public static IReadOnlyList<QuantizableLayer> Layers(OnnxModelFile model)
    {
        ArgumentNullException.ThrowIfNull(model);
        RequireQuantizable(model);
        return [.. Nodes(model, UNetAnalyzer.Analyze(model)).Select(node => node.Layer)];
    }

    /// <summary>The UNet with some of its values as further outputs, to observe them.</summary>
    /// <param name="model">The UNet; it is left as it is.</param>
    /// <param name="values">The values, each once.</param>
    /// <exception cref="GraphNotUnderstoodException">The cross-attention is not understood.</exception>
    public static OnnxModelFile Observe(OnnxModelFile model, IReadOnlyCollection<string> values)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(values);
        UNetAnalysis analysis = UNetAnalyzer.Analyze(model);
        ModelProto observed = model.Proto.Clone();
        HashSet<string> outputs = [.. observed.Graph.Output.Select(output => output.Name)];
        foreach (string value in values.Where(value => !outputs.Contains(value)))
        {
            TypeProto.Types.Tensor type = new() { ElemType = (int)analysis.Facts[value].Type };
            observed.Graph.Output.Add(new ValueInfoProto { Name = value, Type = new TypeProto { TensorType = type } });
        }
        return new OnnxModelFile(model.Path, observed);
    }

    /// <summary>The UNet with layers in whole numbers, in memory; the other weights stay where they are.</summary>
    /// <param name="model">The UNet; it is left as it is.</param>
    /// <param name="layers">The layers, with what was observed of them; at least one.</param>
    /// <param name="baseModelHash">The hash of text encoder and UNet as they are, for the record.</param>
    /// <exception cref="GraphNotUnderstoodException">The cross-attention is not understood.</exception>
    /// <exception cref="InvalidFileException">The UNet is quantised or instrumented already, has no such layer, or a weight cannot be read.</exception>
    public static OnnxModelFile Apply(OnnxModelFile model, IReadOnlyList<QuantizedLayer> layers, string baseModelHash)
    {
        (OnnxModelFile edited, int left) = Edit(model, layers, null, null, CancellationToken.None);
        new QuantizationRecord(baseModelHash, "", layers.Count, left, "").WriteTo(edited.Proto);
        return new OnnxModelFile(edited.Path, edited.Proto);
    }

    /// <summary>
    /// Writes the UNet with layers in whole numbers. Weights are read and rounded one by one. Those that were inside the file stay inside;
    /// all external ones, rounded or not, go to one new file beside the model (<c>model.int8.weights</c>): the old ones are not needed.
    /// </summary>
    /// <param name="model">The UNet; it is left as it is.</param>
    /// <param name="textEncoder">The text encoder of the same model.</param>
    /// <param name="layers">The layers, with what was observed of them; at least one.</param>
    /// <param name="baseModelHash">The hash of both as they are, for the record.</param>
    /// <param name="tool">What writes, with its version, for the record.</param>
    /// <param name="path">The file to write, in another folder than the UNet's.</param>
    /// <param name="progress">Is told of every layer.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind.</param>
    /// <returns>What was written into the model's metadata.</returns>
    /// <exception cref="GraphNotUnderstoodException">The cross-attention is not understood.</exception>
    /// <exception cref="InvalidFileException">The UNet is quantised or instrumented already or has no such layer, or a file cannot be read or written.</exception>
    public static QuantizationRecord Write(OnnxModelFile model, OnnxModelFile textEncoder, IReadOnlyList<QuantizedLayer> layers, string baseModelHash, string tool, string path,
        IProgress<QuantizingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        string dataFile = Path.ChangeExtension(path, ".int8.weights");
        if (File.Exists(dataFile)) throw new InvalidFileException(dataFile, "is there already; remove it, or name another folder");
        ModelProto edited = new();
        int left = 0;
        AtomicFile.Write(dataFile, stream =>
        {
            (OnnxModelFile made, left) = Edit(model, layers, new ExternalDataFile(stream, Path.GetFileName(dataFile)), progress, cancellationToken);
            edited = made.Proto;
        });
        try
        {
            if (new FileInfo(dataFile).Length == 0) File.Delete(dataFile);
            string hash = WeightsHash.Compute([textEncoder, new OnnxModelFile(path, edited)]);
            QuantizationRecord record = new(baseModelHash, hash, layers.Count, left, tool);
            record.WriteTo(edited);
            new OnnxModelFile(path, edited).Save(path);
            return record;
        }
        catch
        {
            File.Delete(dataFile);
            throw;
        }
    }

    /// <summary>Refuses a UNet that is quantised or instrumented.</summary>
    /// <exception cref="InvalidFileException">It is.</exception>
    public static void RequireQuantizable(OnnxModelFile model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (RecordOf(model) is not null) throw new InvalidFileException(model.Path, "is quantised already. Start from the model that it was made from");
        if (UNetInstrumentation.RecordOf(model) is not null)
            throw new InvalidFileException(model.Path, "is instrumented: what was added to it stays float. Quantise the model as it was exported, then instrument that");
    }

    private static IReadOnlyList<WeightedNode> Nodes(OnnxModelFile model, UNetAnalysis analysis) => WeightedNodes.Of(analysis) is { Count: > 0 } nodes
        ? nodes
        : throw new InvalidFileException(model.Path, "has no convolution or matrix product with stored float32 or float16 weights that could be quantised");

    private static (OnnxModelFile Edited, int Left) Edit(OnnxModelFile model, IReadOnlyList<QuantizedLayer> layers, ExternalDataFile? data, IProgress<QuantizingProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentOutOfRangeException.ThrowIfZero(layers.Count, nameof(layers));
        RequireQuantizable(model);
        ModelProto edited = model.Proto.Clone();
        UNetAnalysis analysis = UNetAnalyzer.Analyze(new OnnxModelFile(model.Path, edited));
        IReadOnlyList<WeightedNode> nodes = Nodes(model, analysis);
        Dictionary<string, WeightedNode> known = nodes.ToDictionary(node => node.Layer.Value);
        LayerEditor editor = new(model, analysis, data);
        for (int i = 0; i < layers.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!known.Remove(layers[i].Value, out WeightedNode? node)) throw new InvalidFileException(model.Path, $"has no layer '{layers[i].Value}' that can be quantised, or it is named twice: the ranges are of another export of the model");
            if (node.Layer.NeedsOutputRange && layers[i].Output is null) throw new InvalidFileException(model.Path, $"the convolution '{layers[i].Value}' has no range of its output");
            progress?.Report(new(node.Layer.Name, i, layers.Count));
            editor.Edit(node, layers[i]);
        }
        editor.Finish();
        if (data is not null) MoveOthers(model, edited, data, cancellationToken);
        progress?.Report(new("", layers.Count, layers.Count));
        return (new OnnxModelFile(model.Path, edited), known.Count);
    }

    /// <summary>Puts the external weights that stay as they are into the new file, too.</summary>
    private static void MoveOthers(OnnxModelFile model, ModelProto edited, ExternalDataFile data, CancellationToken cancellationToken)
    {
        foreach (TensorProto tensor in TensorWalk.Tensors(edited).Where(tensor => tensor.DataLocation == TensorProto.Types.DataLocation.External && !data.Holds(tensor)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            data.Put(tensor, new OnnxTensor(model, tensor).ReadBytes().Span);
        }
    }
}
