using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Google.Protobuf;
using SafeDiffusion.Instrumentation.Onnx;

namespace GpuCheck;

/// <summary>
/// Makes a copy of a model with a UNet of float16: weights, constants and casts become half, and inputs and outputs keep their type behind
/// casts. The timestep's sines stay float32, as diffusers computes them, and so do the scales of Resize, which ONNX wants so.
/// </summary>
internal sealed class HalfModel
{
    private const int Float32 = 1, Float16 = 10;
    private const string WeightsName = "weights.pb";
    private readonly string _source;
    private readonly GraphProto _graph;
    private readonly Dictionary<string, NodeProto> _producers = [];
    private readonly HashSet<NodeProto> _kept = [];
    private readonly HashSet<string> _keptInitializers = [];

    private HalfModel(string source, GraphProto graph)
    {
        _source = source;
        _graph = graph;
        foreach (NodeProto node in graph.Node)
        {
            if (node.Attribute.Any(attribute => attribute.G is not null)) throw new InvalidOperationException($"{source}: {node.OpType} has a graph of its own, which is not known.");
            foreach (string output in node.Output) _producers[output] = node;
        }
        foreach (NodeProto node in graph.Node)
        {
            if (node.OpType is "Sin" or "Cos") Keep(node);
            if (node.OpType == "Resize") foreach (string input in node.Input.Skip(1)) Keep(input);
        }
    }

    /// <summary>Copies a model's folder with its UNet in float16; nothing is done where it is there.</summary>
    public static void WriteFolder(string source, string target)
    {
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(source, file), copy = Path.Combine(target, relative);
            if (relative == Path.Combine("unet", "model.onnx") || File.Exists(copy)) continue;
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        WriteNetwork(Path.Combine(source, "unet"), Path.Combine(target, "unet"));
    }

    /// <summary>Writes a network's graph and weights in float16; nothing is done where they are there.</summary>
    public static void WriteNetwork(string source, string target)
    {
        if (File.Exists(Path.Combine(target, "model.onnx"))) return;
        Directory.CreateDirectory(target);
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(source, "model.onnx")));
        HalfModel half = new(source, model.Graph);
        using (FileStream weights = File.Create(Path.Combine(target, WeightsName))) half.ConvertWeights(weights);
        half.ConvertNodes();
        half.CastBoundary();
        model.Graph.ValueInfo.Clear();
        File.WriteAllBytes(Path.Combine(target, "model.onnx"), model.ToByteArray());
    }

    private void Keep(string value)
    {
        if (_producers.TryGetValue(value, out NodeProto? node)) Keep(node);
        else _keptInitializers.Add(value);
    }

    private void Keep(NodeProto node)
    {
        if (!_kept.Add(node)) return;
        foreach (string input in node.Input) Keep(input);
    }

    private void ConvertWeights(FileStream weights)
    {
        List<TensorProto> copies = [];
        foreach (TensorProto tensor in _graph.Initializer)
        {
            byte[] data = Contents(tensor);
            if (tensor.DataType == Float32)
            {
                if (_keptInitializers.Contains(tensor.Name)) copies.Add(Plain(tensor, KeptName(tensor.Name), data));
                data = ToHalf(data);
                tensor.DataType = Float16;
            }
            Store(tensor, data, weights);
        }
        foreach (NodeProto node in _kept)
        {
            for (int i = 0; i < node.Input.Count; i++) if (copies.Exists(copy => copy.Name == KeptName(node.Input[i]))) node.Input[i] = KeptName(node.Input[i]);
        }
        foreach (NodeProto node in _graph.Node.Where(node => node.OpType == "Resize"))
        {
            for (int i = 1; i < node.Input.Count; i++) if (copies.Exists(copy => copy.Name == KeptName(node.Input[i]))) node.Input[i] = KeptName(node.Input[i]);
        }
        _graph.Initializer.Add(copies);
    }

    private void ConvertNodes()
    {
        foreach (NodeProto node in _graph.Node.Where(node => !_kept.Contains(node)))
        {
            if (node.OpType == "Cast" && node.Attribute.Single(attribute => attribute.Name == "to") is { I: Float32 } to) to.I = Float16;
            foreach (TensorProto constant in node.Attribute.Where(attribute => attribute.T?.DataType == Float32).Select(attribute => attribute.T))
            {
                byte[] data = ToHalf(Contents(constant));
                constant.FloatData.Clear();
                constant.RawData = ByteString.CopyFrom(data);
                constant.DataType = Float16;
            }
        }
    }

    /// <summary>Casts where a float32 value of an input or of a sine is read by a node in float16, and the outputs back.</summary>
    private void CastBoundary()
    {
        string[] singles =
        [
            .. _graph.Input.Where(input => input.Type.TensorType.ElemType == Float32).Select(input => input.Name),
            .. _kept.Where(node => node.OpType is "Sin" or "Cos").Select(node => node.Output[0]),
        ];
        foreach (string single in singles)
        {
            string cast = $"{single}_half";
            bool isRead = false;
            foreach (NodeProto node in _graph.Node.Where(node => !_kept.Contains(node)))
            {
                for (int i = 0; i < node.Input.Count; i++)
                {
                    if (node.Input[i] != single) continue;
                    node.Input[i] = cast;
                    isRead = true;
                }
            }
            int after = _producers.TryGetValue(single, out NodeProto? producer) ? _graph.Node.IndexOf(producer) + 1 : 0;
            if (isRead) _graph.Node.Insert(after, Cast(single, cast, Float16));
        }
        foreach (ValueInfoProto output in _graph.Output)
        {
            string half = $"{output.Name}_half";
            foreach (NodeProto node in _graph.Node)
            {
                for (int i = 0; i < node.Input.Count; i++) if (node.Input[i] == output.Name) node.Input[i] = half;
                for (int i = 0; i < node.Output.Count; i++) if (node.Output[i] == output.Name) node.Output[i] = half;
            }
            _graph.Node.Add(Cast(half, output.Name, Float32));
        }
    }

    private byte[] Contents(TensorProto tensor)
    {
        if (tensor.DataLocation != TensorProto.Types.DataLocation.External)
            return tensor.FloatData.Count > 0 ? MemoryMarshal.AsBytes(tensor.FloatData.ToArray().AsSpan()).ToArray() : tensor.RawData.ToByteArray();
        Dictionary<string, string> entries = tensor.ExternalData.ToDictionary(entry => entry.Key, entry => entry.Value);
        using FileStream file = File.OpenRead(Path.Combine(_source, entries["location"]));
        file.Position = Number("offset");
        byte[] data = new byte[Number("length")];
        file.ReadExactly(data);
        return data;

        long Number(string key) => entries.TryGetValue(key, out string? text) ? long.Parse(text, CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Large data goes beside the graph; a graph of 2 GB would not be one.</summary>
    private static void Store(TensorProto tensor, byte[] data, FileStream weights)
    {
        bool wasExternal = tensor.DataLocation == TensorProto.Types.DataLocation.External;
        if (!wasExternal && tensor.DataType != Float16) return;
        tensor.ExternalData.Clear();
        tensor.FloatData.Clear();
        tensor.ClearRawData();
        if (data.Length < 1024)
        {
            tensor.ClearDataLocation();
            tensor.RawData = ByteString.CopyFrom(data);
            return;
        }
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        AddEntry(tensor, "location", WeightsName);
        AddEntry(tensor, "offset", weights.Position.ToString(CultureInfo.InvariantCulture));
        AddEntry(tensor, "length", data.Length.ToString(CultureInfo.InvariantCulture));
        weights.Write(data);
    }

    private static void AddEntry(TensorProto tensor, string key, string value) => tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });

    private static TensorProto Plain(TensorProto tensor, string name, byte[] data)
    {
        TensorProto copy = new() { Name = name, DataType = Float32, RawData = ByteString.CopyFrom(data) };
        copy.Dims.Add(tensor.Dims);
        return copy;
    }

    private static string KeptName(string name) => $"{name}_single";

    private static NodeProto Cast(string input, string output, int type)
    {
        NodeProto node = new() { OpType = "Cast", Name = $"{output}_cast" };
        node.Input.Add(input);
        node.Output.Add(output);
        node.Attribute.Add(new AttributeProto { Name = "to", Type = AttributeProto.Types.AttributeType.Int, I = type });
        return node;
    }

    /// <summary>Values beyond float16's range become its largest, as masks need it.</summary>
    private static byte[] ToHalf(byte[] singles)
    {
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(singles);
        byte[] halves = new byte[singles.Length / 2];
        Span<Half> target = MemoryMarshal.Cast<byte, Half>(halves.AsSpan());
        float[] clamped = new float[values.Length];
        TensorPrimitives.Clamp(values, (float)Half.MinValue, (float)Half.MaxValue, clamped);
        TensorPrimitives.ConvertToHalf(clamped, target);
        return halves;
    }
}
