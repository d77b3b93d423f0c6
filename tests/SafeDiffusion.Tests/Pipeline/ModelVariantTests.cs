using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Pipeline;

/// <summary>
/// Model layer: the ways in which exports differ in types, ranks and names, made from the shapes model. Each must draw what the
/// original draws: exactly where only integers or names change, within half precision's reach (2e-2 on latents of about 1) where
/// inputs and outputs are float16.
/// </summary>
[Collection(ShapesModelGroup.Name)]
public sealed class ModelVariantTests(ShapesModel model)
{
    private const int Float = 1, Int32 = 6, Int64 = 7, Half = 10;

    private static readonly GenerationRequest _request = new("a blue circle and a red triangle") { Steps = 8, Seed = 7, GuidanceScale = 5, KeepLatents = true };

    [Fact]
    public Task TokenIdsMayBeInt32() => Compare(0, variant => variant.Edit(
        "text_encoder", graph => ModelVariant.ReplaceInput(graph, "input_ids", Int32, null, ModelVariant.Cast(Int64))));

    /// <summary>A learned token is one id in the prompt and in a policy's text, and needs an embedding of its own.</summary>
    [Fact]
    public async Task AnAddedTokenNeedsItsEmbedding()
    {
        using ModelVariant variant = new();
        File.WriteAllText(variant.File("tokenizer/added_tokens.json"), """{"<cat-toy>": 626}""");
        InvalidFileException error = await Assert.ThrowsAsync<InvalidFileException>(() => SafeDiffusionPipeline.LoadAsync(variant.Path));
        Assert.Equal(variant.File("tokenizer/added_tokens.json"), error.File);

        variant.Edit("text_encoder", graph =>
        {
            TensorProto table = graph.Initializer.Single(tensor => tensor.Dims.Count == 2 && tensor.Dims[0] == 626);
            table.RawData = Google.Protobuf.ByteString.CopyFrom([.. table.RawData, .. table.RawData.Span[..(int)(table.Dims[1] * sizeof(float))]]);
            table.Dims[0] = 627;
        });
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(variant.Path);
        Assert.Contains(626, pipeline.EncodeText("a <cat-toy> triangle").Text!.Ids);
    }

    /// <summary>Half precision holds every timestep below 2048 exactly.</summary>
    [Theory]
    [InlineData(Int64)]
    [InlineData(Int32)]
    [InlineData(Half)]
    [InlineData(Float)]
    public Task TheTimestepMayBeOfAnyNumericType(int type) => Compare(0, variant => variant.Edit(
        "unet", graph => ModelVariant.ReplaceInput(graph, "timestep", type, null, ModelVariant.Cast(Float))));

    [Theory]
    [InlineData(Int64, 0)]
    [InlineData(Float, 0)]
    [InlineData(Int64, 1)]
    [InlineData(Float, 1)]
    public Task TheTimestepMayBeAScalarOrOneValue(int type, int rank) => Compare(0, variant => variant.Edit("unet", graph =>
    {
        // The exported graph wants a value per row: one value, times ones of the batch's length.
        NodeProto toRows = new() { OpType = "Expand" };
        toRows.Input.Add("rows");
        ModelVariant.ReplaceInput(graph, "timestep", type, rank == 0 ? [] : [1], ModelVariant.Cast(Float), toRows);
        graph.Node.Insert(0, Node("Gather", ["sample_shape", "zero_index"], "rows"));
        graph.Node.Insert(0, Node("Shape", ["sample"], "sample_shape"));
        TensorProto zero = new() { Name = "zero_index", DataType = Int64 };
        zero.Dims.Add(1);
        zero.Int64Data.Add(0);
        graph.Initializer.Add(zero);
    }));

    [Fact]
    public Task InputsAndOutputsMayBeFloat16() => Compare(2e-2f, variant => variant
        .Edit("text_encoder", graph => ModelVariant.ReplaceOutput(graph, "last_hidden_state", "states", Half))
        .Edit("text_encoder", graph => Rename(graph, "states", "last_hidden_state"))
        .Edit("unet", graph =>
        {
            ModelVariant.ReplaceInput(graph, "sample", Half, null, ModelVariant.Cast(Float));
            ModelVariant.ReplaceInput(graph, "encoder_hidden_states", Half, null, ModelVariant.Cast(Float));
            ModelVariant.ReplaceOutput(graph, "out_sample", "sample_out", Half);
        })
        .Edit("vae_decoder", graph => ModelVariant.ReplaceInput(graph, "latent_sample", Half, null, ModelVariant.Cast(Float))));

    [Fact]
    public Task ConfigurationFilesOfTheNetworksMayBeMissing() => Compare(0, variant =>
    {
        File.Delete(variant.File("vae_decoder/config.json"));
        File.Delete(variant.File("text_encoder/config.json"));
        File.Delete(variant.File("model_index.json"));
        return variant;
    });

    [Fact]
    public async Task WhatTheUNetsConfigurationSaysIsOtherwiseReadFromTheGraph()
    {
        using ModelVariant variant = new();
        string config = variant.File("unet/config.json");
        File.WriteAllText(config, """{ "sample_size": 16 }""");
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(variant.Path);
        Assert.Equal(model.Pipeline.Model with { Folder = pipeline.Model.Folder, Name = pipeline.Model.Name }, pipeline.Model);
    }

    private async Task Compare(float tolerance, Func<ModelVariant, ModelVariant> change)
    {
        using ModelVariant variant = change(new ModelVariant());
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(variant.Path);
        GenerationResult expected = await model.Pipeline.GenerateAsync(_request);
        GenerationResult actual = await pipeline.GenerateAsync(_request);
        ReferenceRunTests.AssertClose(expected.Latents!.Final, actual.Latents!.Final, MathF.Max(tolerance, 1e-6f));
    }

    private static void Rename(GraphProto graph, string name, string newName)
    {
        string inner = $"{newName}_float";
        foreach (NodeProto node in graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++) if (node.Input[i] == newName) node.Input[i] = inner;
            for (int i = 0; i < node.Output.Count; i++)
            {
                if (node.Output[i] == newName) node.Output[i] = inner;
                else if (node.Output[i] == name) node.Output[i] = newName;
            }
        }
        graph.Output.Single(value => value.Name == name).Name = newName;
    }

    private static NodeProto Node(string type, string[] inputs, string output)
    {
        NodeProto node = new() { OpType = type };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        return node;
    }
}
