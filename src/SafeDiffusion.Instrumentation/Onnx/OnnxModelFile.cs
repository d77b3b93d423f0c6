using Google.Protobuf;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>
/// An ONNX model: its graph, without the weights that it keeps in external data (those are checked to be there, never read).
/// Immutable; may be used by several threads.
/// </summary>
public sealed class OnnxModelFile
{
    private readonly Lazy<IReadOnlyDictionary<string, int>> _operatorCounts;
    private readonly Lazy<string> _exporter;
    private readonly Lazy<IReadOnlyList<NodesWithoutKernel>> _withoutCpuKernel;

    internal OnnxModelFile(string path, ModelProto proto)
    {
        Path = path;
        Proto = proto;
        Inputs = [.. RealInputs(proto.Graph).Select(OnnxValues.Read)];
        Outputs = [.. proto.Graph.Output.Select(OnnxValues.Read)];
        Opsets = OnnxValues.Opsets(proto);
        Metadata = OnnxValues.Metadata(proto);
        ExternalDataFiles = ExternalData.Files(proto);
        _operatorCounts = new(() => OnnxValues.OperatorCounts(proto.Graph));
        _withoutCpuKernel = new(() => CpuKernels.Missing(proto.Graph));
        _exporter = new(() => ExporterRecognition.Describe(this));
    }

    /// <summary>The file's path, as it was given.</summary>
    public string Path { get; }

    /// <summary>
    /// The folder in which the model's external data is looked for, absolute; what lies there may be links (<see cref="ForSession"/>).
    /// </summary>
    public string Folder => ExternalData.Folder(Path);

    /// <summary>The version of the ONNX file format.</summary>
    public long IrVersion => Proto.IrVersion;

    /// <summary>The tool that wrote the file, in its own words (<c>pytorch</c>); empty where it does not say.</summary>
    public string ProducerName => Proto.ProducerName;

    /// <summary>The version of the tool that wrote the file; empty where it does not say.</summary>
    public string ProducerVersion => Proto.ProducerVersion;

    /// <summary>The operator sets that the model imports: domain to version; ONNX's own domain is <c>ai.onnx</c>.</summary>
    public IReadOnlyDictionary<string, long> Opsets { get; }

    /// <summary>The inputs that a caller gives, in the model's order (initializers that are listed as inputs are left out).</summary>
    public IReadOnlyList<OnnxValue> Inputs { get; }

    /// <summary>The outputs, in the model's order.</summary>
    public IReadOnlyList<OnnxValue> Outputs { get; }

    /// <summary>The model's metadata properties.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The number of nodes of the main graph.</summary>
    public int NodeCount => Proto.Graph.Node.Count;

    /// <summary>How often each operator occurs in the main graph; other domains are written in front (<c>com.microsoft.Attention</c>).</summary>
    public IReadOnlyDictionary<string, int> OperatorCounts => _operatorCounts.Value;

    /// <summary>The files that hold weights beside the model, as relative paths, each once; empty where the weights are inside.</summary>
    public IReadOnlyList<string> ExternalDataFiles { get; }

    /// <summary>The files that hold weights beside the model, absolute and with links followed.</summary>
    public IReadOnlyList<string> ExternalDataPaths => [.. ExternalDataFiles.Select(file => RealPath.Of(System.IO.Path.Combine(Folder, file)))];

    /// <summary>Whether the file is a link to another folder, as in a model hub's cache.</summary>
    public bool IsLink => ExternalData.Folder(RealPath.Of(Path)) != RealPath.Of(Folder);

    /// <summary>What seems to have made the file, from producer, operators and metadata; <c>unknown</c> where nothing tells.</summary>
    public string Exporter => _exporter.Value;

    /// <summary>Whether some of the model's weights are float16.</summary>
    public bool HoldsHalfPrecision => Proto.Graph.Initializer.Any(tensor => tensor.DataType == (int)OnnxElementType.Float16);

    /// <summary>The nodes that ONNX Runtime's CPU provider cannot run, as far as their operators tell; empty where it can run the graph.</summary>
    public IReadOnlyList<NodesWithoutKernel> WithoutCpuKernel => _withoutCpuKernel.Value;

    internal ModelProto Proto { get; }

    /// <summary>
    /// Reads a model file. Weights in external data are not read; they must be there, inside the model's folder or, where the model file is
    /// itself a link, in the very folder that it leads to (a model hub's cache of links to blobs).
    /// </summary>
    /// <param name="path">The <c>.onnx</c> file.</param>
    /// <exception cref="InvalidFileException">
    /// The file is missing, empty, damaged, a git-lfs pointer or not an ONNX model; or a tensor's external data is missing, too short,
    /// or lies outside the model's folder.
    /// </exception>
    public static OnnxModelFile Load(string path)
    {
        OnnxModelFile model = LoadStructure(path);
        ExternalData.CheckPresence(path, model.Proto);
        return model;
    }

    /// <summary>Reads a model whose external data need not be there, for looking at its structure only; its paths are checked all the same.</summary>
    internal static OnnxModelFile LoadStructure(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ModelProto proto = ModelParser.Read(path);
        ExternalData.CheckPaths(path, proto);
        return new OnnxModelFile(path, proto);
    }

    /// <summary>The model as the bytes of an <c>.onnx</c> file; external data stays where it is.</summary>
    /// <exception cref="InvalidFileException">The model holds more than 2 GB of weights itself.</exception>
    public byte[] ToBytes()
    {
        try
        {
            return Proto.ToByteArray();
        }
        catch (Exception error) when (error is OverflowException or OutOfMemoryException or ArgumentException)
        {
            throw new InvalidFileException(Path, "is too large to be written as one file: keep its weights in external data", error);
        }
    }

    /// <summary>
    /// The model for a session that is made from bytes. ONNX Runtime reads external data from one folder without links, which it needs as
    /// <c>session.model_external_initializers_file_folder_path</c>: where the data are links to another folder, the bytes name it there.
    /// </summary>
    /// <exception cref="InvalidFileException">The model holds more than 2 GB of weights itself, or its data lie in several folders.</exception>
    public (byte[] Bytes, string DataFolder) ForSession()
    {
        (OnnxModelFile model, string folder) = ExternalData.InOneFolder(this);
        return (model.ToBytes(), folder);
    }

    /// <summary>The model with other elements in some of its initializers, of the same types and shapes; the others stay where they are.</summary>
    /// <param name="contents">The elements by initializer: little-endian, the last dimension fastest.</param>
    /// <exception cref="InvalidFileException">There is no such initializer, or the elements do not fill it.</exception>
    public OnnxModelFile With(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> contents)
    {
        ArgumentNullException.ThrowIfNull(contents);
        ModelProto proto = Proto.Clone();
        ILookup<string, TensorProto> tensors = proto.Graph.Initializer.ToLookup(tensor => tensor.Name);
        foreach ((string name, ReadOnlyMemory<byte> bytes) in contents)
        {
            if (tensors[name].FirstOrDefault() is not { } tensor) throw new InvalidFileException(Path, $"has no initializer '{name}'");
            if (TensorBytes.Count(tensor) is not { } needed || needed != bytes.Length)
                throw new InvalidFileException(Path, $"the initializer '{name}' takes {TensorBytes.Count(tensor)} bytes, and {bytes.Length} are given");
            TensorContents.Replace(tensor, bytes);
        }
        return new OnnxModelFile(Path, proto);
    }

    /// <summary>Writes the model, whole or not at all. Its external data is looked for beside the new file, and is not copied.</summary>
    /// <param name="path">The file to write.</param>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Save(string path)
    {
        byte[] bytes = ToBytes();
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    private static IEnumerable<ValueInfoProto> RealInputs(GraphProto graph)
    {
        HashSet<string> initializers = [.. graph.Initializer.Select(tensor => tensor.Name)];
        return graph.Input.Where(input => !initializers.Contains(input.Name));
    }
}
