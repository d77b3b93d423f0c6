using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Quantization;

/// <summary>Finds, shows, rounds and writes the layers of one kind of network.</summary>
/// <param name="read">Reads the network's graph.</param>
/// <param name="require">Refuses a network that cannot be quantised.</param>
internal sealed class GraphQuantization(Func<OnnxModelFile, QuantizableGraph> read, Action<OnnxModelFile> require)
{
    /// <summary>The layers that can run in whole numbers, in the order of evaluation.</summary>
    public IReadOnlyList<QuantizableLayer> Layers(OnnxModelFile model)
    {
        require(model);
        return [.. Nodes(model, read(model)).Select(node => node.Layer)];
    }

    /// <summary>The network with some of its values as further outputs.</summary>
    public OnnxModelFile Observe(OnnxModelFile model, IReadOnlyCollection<string> values)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(values);
        QuantizableGraph quantizable = read(model);
        ModelProto observed = model.Proto.Clone();
        HashSet<string> outputs = [.. observed.Graph.Output.Select(output => output.Name)];
        foreach (string value in values.Where(value => !outputs.Contains(value)))
        {
            TypeProto.Types.Tensor type = new() { ElemType = (int)quantizable.Facts[value].Type };
            observed.Graph.Output.Add(new ValueInfoProto { Name = value, Type = new TypeProto { TensorType = type } });
        }
        return new OnnxModelFile(model.Path, observed);
    }

    /// <summary>The network with layers in whole numbers, in memory.</summary>
    public OnnxModelFile Apply(OnnxModelFile model, IReadOnlyList<QuantizedLayer> layers, string baseHash)
    {
        (OnnxModelFile edited, int left) = Edit(model, layers, null, null, CancellationToken.None);
        new QuantizationRecord(baseHash, "", layers.Count, left, "").WriteTo(edited.Proto);
        return new OnnxModelFile(edited.Path, edited.Proto);
    }

    /// <summary>Writes the network with layers in whole numbers, and one file of weights beside it where there was any.</summary>
    /// <param name="model">The network.</param>
    /// <param name="hashedWith">Other networks whose weights the hash of what is written covers.</param>
    /// <param name="layers">The layers.</param>
    /// <param name="baseHash">The hash of these networks as they are.</param>
    /// <param name="tool">What writes.</param>
    /// <param name="path">The file.</param>
    /// <param name="progress">Is told of every layer.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind.</param>
    public QuantizationRecord Write(OnnxModelFile model, IReadOnlyList<OnnxModelFile> hashedWith, IReadOnlyList<QuantizedLayer> layers, string baseHash, string tool, string path,
        IProgress<QuantizingProgress>? progress, CancellationToken cancellationToken)
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
            string hash = WeightsHash.Compute([.. hashedWith, new OnnxModelFile(path, edited)]);
            QuantizationRecord record = new(baseHash, hash, layers.Count, left, tool);
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

    /// <summary>Refuses a network that is quantised.</summary>
    public static void RequireUnquantized(OnnxModelFile model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (QuantizationRecord.Of(model) is not null) throw new InvalidFileException(model.Path, "is quantised already. Start from the model that it was made from");
    }

    private static IReadOnlyList<WeightedNode> Nodes(OnnxModelFile model, QuantizableGraph quantizable) => WeightedNodes.Of(quantizable) is { Count: > 0 } nodes
        ? nodes
        : throw new InvalidFileException(model.Path, "has no convolution or matrix product with stored float32 or float16 weights that could be quantised");

    private (OnnxModelFile Edited, int Left) Edit(OnnxModelFile model, IReadOnlyList<QuantizedLayer> layers, ExternalDataFile? data, IProgress<QuantizingProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentOutOfRangeException.ThrowIfZero(layers.Count, nameof(layers));
        require(model);
        ModelProto edited = model.Proto.Clone();
        QuantizableGraph quantizable = read(new OnnxModelFile(model.Path, edited));
        IReadOnlyList<WeightedNode> nodes = Nodes(model, quantizable);
        Dictionary<string, WeightedNode> known = nodes.ToDictionary(node => node.Layer.Value);
        LayerEditor editor = new(model, quantizable, data);
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
