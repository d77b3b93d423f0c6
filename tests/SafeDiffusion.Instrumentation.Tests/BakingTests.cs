using System.Runtime.InteropServices;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Baking;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph: a UNet with an erasure in its weights gives what the UNet as it was gives for erased text.</summary>
public sealed class BakingTests
{
    public static IEnumerable<object[]> Writings => WritingTests.Writings;

    [Theory]
    [MemberData(nameof(FixtureCase.Runnable), MemberType = typeof(FixtureCase))]
    public void BakedAndHotSwappedAgree(string name)
    {
        FixtureCase fixture = new(name);
        int width = UNetInstrumentation.Analyze(fixture.Model).TextWidth;
        using BakedUNet baked = new(fixture.Model, BakedUNet.Mixing(width));
        Assert.Equal(BakedUNet.Record.Erasures, BakedErasures.Of(baked.Model)!.Erasures);
        Assert.Equal(fixture.Model.ExternalDataFiles.Count > 0, baked.Model.ExternalDataFiles.Contains("model.erased.weights"));
        using TestSession plain = new(fixture.Model);
        using TestSession session = new(baked.Model);
        foreach (bool wide in new[] { false, true })
        {
            Dictionary<string, TestTensor> inputs = fixture.Inputs(wide);
            TestTensor before = plain.Run(fixture.Timestep, inputs)[fixture.Output];
            TestTensor erased = plain.Run(fixture.Timestep, new(inputs) { ["encoder_hidden_states"] = BakedUNet.Erased(inputs["encoder_hidden_states"]) })[fixture.Output];
            TestTensor result = session.Run(fixture.Timestep, inputs)[fixture.Output];
            fixture.AssertClose(erased, result);
            Assert.True(FixtureCase.Difference(before, result) > 2 * fixture.Tolerance, "the erasure changes nothing that could be told apart");
        }
    }

    /// <summary>A graph that was fused for CUDA cannot run here: its packed weights [D, 2 W] are compared instead.</summary>
    [Fact]
    public void PackedWeightsOfAFusedGraphAreMultiplied()
    {
        OnnxModelFile model = new FixtureCase("fused-packed").Model;
        UNetAnalysis analysis = UNetInstrumentation.Analyze(model);
        using BakedUNet baked = new(model, BakedUNet.Mixing(analysis.TextWidth));
        Assert.Equal(analysis.CrossAttention.Count, baked.Weights);
        foreach (AttentionLayer layer in analysis.CrossAttention)
        {
            TensorProto before = Initializer(model), after = Initializer(baked.Model);
            Assert.Equal(before.Dims, after.Dims);
            TestTensor stored = Turned(Values(before), (int)before.Dims[0]);
            // Rows of the turned weight are W's rows w; those of W P are P's transpose times w, so that they give W (P e) for every e.
            TestTensor text = new([3, analysis.TextWidth], [.. Enumerable.Range(0, 3 * analysis.TextWidth).Select(i => MathF.Sin(i))]);
            Assert.InRange(FixtureCase.Difference(Products(stored, BakedUNet.Erased(text)), Products(Turned(Values(after), (int)after.Dims[0]), text)), 0, 1e-2);

            TensorProto Initializer(OnnxModelFile file) => file.Proto.Graph.Initializer.Single(tensor => tensor.Name == layer.Key.Initializer);
        }
    }

    [Theory]
    [MemberData(nameof(Writings))]
    public void HoweverItIsWrittenTheTwoAgree(Writing writing)
    {
        OnnxModelFile model = new MiniUNet(writing).Build();
        using BakedUNet baked = new(model, BakedUNet.Mixing(MiniUNet.TextWidth));
        GraphChecker.Check(baked.Model);
        Assert.Equal(writing is Writing.SplitKeysAndValues or Writing.SliceKeysAndValues or Writing.PackedMultiHead ? 1 : 2, baked.Weights);
        AssertAgree(model, baked.Model, writing switch { Writing.ConstantReshapes => 2, Writing.FixedSizes => 1, _ => 3 });
    }

    /// <summary>One weight is multiplied once, whoever shares it; what is no text keeps it as it was.</summary>
    [Theory]
    [InlineData(Writing.Plain, false, 1)]
    [InlineData(Writing.WeightsInConstantNodes, false, 1)]
    [InlineData(Writing.Plain, true, 2)]
    [InlineData(Writing.TransposedWeightAtRunTime, true, 2)]
    [InlineData(Writing.WeightsInConstantNodes, true, 2)]
    public void SharedWeightsAreKeptApart(Writing writing, bool turned, int weights)
    {
        OnnxModelFile model = Shared(writing, turned);
        using BakedUNet baked = new(model, BakedUNet.Mixing(MiniUNet.TextWidth));
        Assert.Equal(weights, baked.Weights);
        AssertAgree(model, baked.Model, 2, "weight_sum");
    }

    [Fact]
    public void WhatCannotBeBakedIsRefused()
    {
        OnnxModelFile model = new MiniUNet(Writing.Plain).Build();
        TextMatrix matrix = BakedUNet.Mixing(MiniUNet.TextWidth);
        using BakedUNet baked = new(model, matrix);
        Assert.Contains("\"a red triangle\" (1234) already", Refusal<InvalidFileException>(baked.Model, matrix), StringComparison.Ordinal);
        Assert.Contains("bake all of them at once", Assert.Throws<InvalidFileException>(
            () => UNetBaking.RequireBakeable(baked.Model, [new("another", "99")])).Message, StringComparison.Ordinal);
        Assert.Contains("instrumented", Refusal<InvalidFileException>(UNetInstrumentation.Instrument(model, AttentionFeatures.Reweight), matrix), StringComparison.Ordinal);
        float[] identity = [.. Enumerable.Range(0, 36).Select(i => i % 7 == 0 ? 1f : 0)];
        Assert.Contains("changes none of its weights", Refusal<InvalidFileException>(model, new TextMatrix(identity, 6)), StringComparison.Ordinal);
        Assert.Contains("width 5", Refusal<ArgumentException>(model, BakedUNet.Mixing(5)), StringComparison.Ordinal);
        Assert.Contains("computed by Mul", Refusal<GraphNotUnderstoodException>(Edited(Writing.Plain, graph => Halve(graph, KeyOf(graph))), matrix), StringComparison.Ordinal);
        OnnxModelFile half = new FixtureCase("fp16-io16").Model;
        int width = UNetInstrumentation.Analyze(half).TextWidth;
        TextMatrix huge = new([.. Enumerable.Repeat(1e7f, width * width)], width);
        Assert.Contains("too strong", Refusal<InvalidFileException>(half, huge), StringComparison.Ordinal);
    }

    [Fact]
    public void ACancelledBakingLeavesNothing()
    {
        string folder = Directory.CreateTempSubdirectory("safediffusion-").FullName;
        using CancellationTokenSource source = new();
        int reports = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => UNetBaking.Write(
            new FixtureCase("legacy17-sdpa").Model, BakedUNet.Mixing(48), BakedUNet.Record, Path.Combine(folder, "model.onnx"), progress: new Counter(_ => { if (++reports == 2) source.Cancel(); }), cancellationToken: source.Token));
        Assert.Equal(2, reports);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
        Directory.Delete(folder);
    }

    [Fact]
    public void MatricesActOneAfterTheOther()
    {
        TextMatrix first = new([0, 1, 0, 0], 2);
        TextMatrix second = new([0, 0, 1, 0], 2);
        // e = (a, b); first gives (b, 0), second of that (0, b).
        Assert.Equal([0f, 0, 0, 1], second.After(first).Applied([1, 0, 0, 1], transposed: true, CancellationToken.None));
        Assert.Throws<ArgumentException>(() => new TextMatrix([1, float.NaN, 0, 1], 2));
        Assert.Throws<ArgumentException>(() => new TextMatrix([1, 0, 1], 2));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"version\":2}")]
    [InlineData("no JSON")]
    [InlineData("{\"version\":1,\"baseModelHash\":\"ab\",\"tool\":\"t\",\"erasures\":[null]}")]
    public void DamagedMetadataIsRefused(string json)
    {
        OnnxModelFile model = Edited(Writing.Plain, _ => { });
        ModelProto proto = model.Proto.Clone();
        proto.MetadataProps.Add(new StringStringEntryProto { Key = "safediffusion.erasures", Value = json });
        Assert.Contains("safediffusion.erasures", Assert.Throws<InvalidFileException>(() => BakedErasures.Of(new OnnxModelFile(model.Path, proto))).Message, StringComparison.Ordinal);
    }

    private static float[] Values(TensorProto tensor) => tensor.DataType == (int)OnnxElementType.Float16
        ? [.. MemoryMarshal.Cast<byte, Half>(tensor.RawData.Span).ToArray().Select(value => (float)value)]
        : MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray();

    private static TestTensor Turned(float[] values, int rows)
    {
        int columns = values.Length / rows;
        return new([columns, rows], [.. Enumerable.Range(0, columns).SelectMany(column => Enumerable.Range(0, rows).Select(row => values[(row * columns) + column]))]);
    }

    private static TestTensor Products(TestTensor weight, TestTensor text)
    {
        int width = (int)text.Shape[1];
        return new([text.Shape[0], weight.Shape[0]], [.. from state in text.Values.Chunk(width) from row in weight.Values.Chunk(width) select row.Zip(state, (w, e) => w * e).Sum()]);
    }

    private static string Refusal<T>(OnnxModelFile model, TextMatrix matrix) where T : Exception
    {
        string folder = Directory.CreateTempSubdirectory("safediffusion-").FullName;
        string message = Assert.Throws<T>(() => UNetBaking.Write(model, matrix, BakedUNet.Record, Path.Combine(folder, "model.onnx"))).Message;
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
        Directory.Delete(folder);
        return message;
    }

    /// <summary>Keys and values from one weight, for values also the other way round; and an output that is made of the weight alone.</summary>
    private static OnnxModelFile Shared(Writing writing, bool turned) => Edited(writing, graph =>
    {
        NodeProto[] projections = [.. graph.Node.Where(node => node.OpType == "MatMul" && node.Input[0] == "encoder_hidden_states")];
        string weight = projections[0].Input[1];
        if (turned) graph.Node.Insert(graph.Node.IndexOf(projections[1]), Node("Transpose", [weight], "turned"));
        projections[1].Input[1] = turned ? "turned" : weight;
        graph.Node.Add(Node("ReduceSum", [weight], "weight_sum"));
        graph.Output.Add(new ValueInfoProto { Name = "weight_sum", Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1 } } });
    });

    private static void Halve(GraphProto graph, NodeProto projection)
    {
        graph.Node.Insert(0, Node("Mul", [projection.Input[1], projection.Input[1]], "squared"));
        projection.Input[1] = "squared";
    }

    private static NodeProto KeyOf(GraphProto graph) => graph.Node.First(node => node.OpType == "MatMul" && node.Input[0] == "encoder_hidden_states");

    private static NodeProto Node(string operation, string[] inputs, string output)
    {
        NodeProto node = new() { OpType = operation };
        node.Input.Add(inputs);
        node.Output.Add(output);
        return node;
    }

    private static OnnxModelFile Edited(Writing writing, Action<GraphProto> edit)
    {
        OnnxModelFile model = new MiniUNet(writing).Build();
        ModelProto proto = model.Proto.Clone();
        edit(proto.Graph);
        return new OnnxModelFile(model.Path, proto);
    }

    private static void AssertAgree(OnnxModelFile model, OnnxModelFile baked, int batch, string? same = null)
    {
        using TestSession plain = new(PackedAttention.Unpacked(model));
        using TestSession session = new(PackedAttention.Unpacked(baked));
        Random random = new(3);
        TestTensor Random(params long[] shape) => new(shape, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => (random.NextSingle() * 4) - 2)]);
        Dictionary<string, TestTensor> inputs = new() { ["sample"] = Random(batch, MiniUNet.Channels, 4, 6), ["encoder_hidden_states"] = Random(batch, 7, MiniUNet.TextWidth) };
        Dictionary<string, TestTensor> erased = new(inputs) { ["encoder_hidden_states"] = BakedUNet.Erased(inputs["encoder_hidden_states"]) };
        Dictionary<string, TestTensor> expected = plain.Run(0, erased);
        Dictionary<string, TestTensor> actual = session.Run(0, inputs);
        Assert.InRange(FixtureCase.Difference(expected["out_sample"], actual["out_sample"]), 0, 1e-4);
        Assert.True(FixtureCase.Difference(plain.Run(0, inputs)["out_sample"], actual["out_sample"]) > 1e-3);
        if (same is not null) Assert.InRange(FixtureCase.Difference(expected[same], actual[same]), 0, 1e-6);
    }

    private sealed class Counter(Action<BakingProgress> report) : IProgress<BakingProgress>
    {
        public void Report(BakingProgress value) => report(value);
    }
}
