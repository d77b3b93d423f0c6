using Google.Protobuf;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using Dimension = SafeDiffusion.Instrumentation.Onnx.TensorShapeProto.Types.Dimension;

namespace SafeDiffusion.Instrumentation.Editing;

/// <summary>Declares the added inputs and outputs with their types and dimensions.</summary>
internal static class AddedValues
{
    public static void Declare(GraphProto graph, UNetAnalysis analysis, InstrumentationPlan plan)
    {
        Dimension[] sample = Dimensions(graph, analysis.SampleInput);
        Dimension[] text = Dimensions(graph, analysis.TextInput);
        Dimension width = new() { DimValue = analysis.TextWidth };
        Dimension guidelines = new() { DimParam = "guideline_tokens" };
        Dimension concepts = new() { DimParam = "concepts" };
        if (plan.Detection.Count > 0)
        {
            graph.Input.Add(Value(AddedNames.GuidelineEmbeddings, guidelines, width));
            graph.Output.Add(Value(AddedNames.DetectionScores, sample[0], guidelines, sample[2], sample[3]));
        }
        if (plan.Reweighted.Count > 0)
            graph.Input.Add(Value(AddedNames.TokenScale, text[0], text[1]));
        if (plan.Inhibited.Count > 0)
        {
            graph.Input.Add(Value(AddedNames.InhibitorHiddenStates, text[0], concepts, text[1], width));
            graph.Input.Add(Value(AddedNames.InhibitorScale, text[0], concepts, text[1]));
            graph.Input.Add(Value(AddedNames.InhibitorLayerScale, Named("layer_scale_rows"), Named("layer_scale_concepts"), new Dimension { DimValue = plan.Inhibited.Count }));
            graph.Initializer.Add(Ones(AddedNames.InhibitorLayerScale, 1, 1, plan.Inhibited.Count));
            graph.Input.Add(Value(AddedNames.InhibitorMask, Named("mask_rows"), Named("mask_concepts"), Named("mask_height"), Named("mask_width")));
            graph.Initializer.Add(Ones(AddedNames.InhibitorMask, 1, 1, 1, 1));
            graph.Output.Add(Value(AddedNames.InhibitorResponse, new Dimension { DimValue = plan.Inhibited.Count }, text[0], concepts, text[1]));
        }
    }

    private static Dimension Named(string name) => new() { DimParam = name };

    /// <summary>What an input is where nothing is given: ones, which are broadcast.</summary>
    private static TensorProto Ones(string name, params long[] shape)
    {
        TensorProto tensor = new() { Name = name, DataType = (int)OnnxElementType.Float32 };
        tensor.Dims.Add(shape);
        tensor.RawData = ByteString.CopyFrom([.. Enumerable.Repeat(1f, (int)shape.Aggregate(1L, (product, size) => product * size)).SelectMany(BitConverter.GetBytes)]);
        return tensor;
    }

    private static Dimension[] Dimensions(GraphProto graph, string input) =>
        [.. graph.Input.First(value => value.Name == input).Type.TensorType.Shape.Dim];

    private static ValueInfoProto Value(string name, params Dimension[] dimensions)
    {
        TensorShapeProto shape = new();
        shape.Dim.Add(dimensions.Select(dimension => dimension.Clone()));
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)OnnxElementType.Float32, Shape = shape } },
        };
    }
}
