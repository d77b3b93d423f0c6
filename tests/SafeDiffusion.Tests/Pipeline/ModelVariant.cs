using Google.Protobuf;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Pipeline;

/// <summary>A copy of the shapes model with changes, gone after the test.</summary>
internal sealed class ModelVariant : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ModelVariant()
    {
        foreach (string source in Directory.EnumerateFiles(Fixture.ShapesModel, "*", SearchOption.AllDirectories))
        {
            string relative = System.IO.Path.GetRelativePath(Fixture.ShapesModel, source);
            if (relative.StartsWith("training", StringComparison.Ordinal) || relative.StartsWith("judge", StringComparison.Ordinal)) continue;
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(File(relative))!);
            System.IO.File.Copy(source, File(relative));
        }
    }

    public string Path => _folder.Path;

    public string File(string relative) => System.IO.Path.Combine(_folder.Path, relative);

    /// <summary>Changes a network's graph.</summary>
    public ModelVariant Edit(string network, Action<GraphProto> edit) => EditModel(network, model => edit(model.Graph));

    /// <summary>Changes a network's model.</summary>
    public ModelVariant EditModel(string network, Action<ModelProto> edit)
    {
        string file = File($"{network}/model.onnx");
        ModelProto model = OnnxModelFile.Load(file).Proto.Clone();
        edit(model);
        System.IO.File.WriteAllBytes(file, model.ToByteArray());
        return this;
    }

    /// <summary>Gives an input another type and shape; nodes put in front turn it into what the graph was exported for.</summary>
    public static void ReplaceInput(GraphProto graph, string name, int type, long[]? shape, params NodeProto[] conversion)
    {
        ValueInfoProto input = graph.Input.Single(value => value.Name == name);
        foreach (NodeProto node in graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++) if (node.Input[i] == name) node.Input[i] = $"{name}_converted";
        }
        input.Type.TensorType.ElemType = type;
        if (shape is not null)
        {
            input.Type.TensorType.Shape = new TensorShapeProto();
            input.Type.TensorType.Shape.Dim.AddRange(shape.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        }
        for (int i = conversion.Length - 1; i >= 0; i--)
        {
            conversion[i].Input.Insert(0, i == 0 ? name : $"{name}_{i}");
            conversion[i].Output.Add(i == conversion.Length - 1 ? $"{name}_converted" : $"{name}_{i + 1}");
            graph.Node.Insert(0, conversion[i]);
        }
    }

    /// <summary>Renames an output, and casts it to a type.</summary>
    public static void ReplaceOutput(GraphProto graph, string name, string newName, int type)
    {
        ValueInfoProto output = graph.Output.Single(value => value.Name == name);
        graph.Node.Add(Cast(type, name, newName));
        output.Name = newName;
        output.Type.TensorType.ElemType = type;
    }

    public static NodeProto Cast(int type, string? input = null, string? output = null)
    {
        NodeProto node = new() { OpType = "Cast" };
        node.Attribute.Add(new AttributeProto { Name = "to", Type = AttributeProto.Types.AttributeType.Int, I = type });
        if (input is not null) node.Input.Add(input);
        if (output is not null) node.Output.Add(output);
        return node;
    }

    /// <summary>Puts a value that is not a number into a network's largest initializer.</summary>
    public static void Poison(GraphProto graph)
    {
        TensorProto weight = graph.Initializer.Where(tensor => tensor.DataType == 1).MaxBy(tensor => tensor.RawData.Length)!;
        byte[] bytes = weight.RawData.ToByteArray();
        for (int i = 0; i < bytes.Length; i += sizeof(float)) BitConverter.TryWriteBytes(bytes.AsSpan(i), float.NaN);
        weight.RawData = ByteString.CopyFrom(bytes);
    }

    /// <summary>Puts another UNet in the place of its own.</summary>
    public void Replace(OnnxModelFile unet) => System.IO.File.WriteAllBytes(File("unet/model.onnx"), unet.ToBytes());

    public void Dispose() => _folder.Dispose();
}
