using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model;

namespace SafeDiffusion.Pipeline.Layouts;

/// <summary>Model layer: where a model's sizes are found, and what a first run shows.</summary>
public sealed class FoundSizesTests
{
    [Fact]
    public async Task WhatNobodyStatesIsFoundInTheWeightsOrIsStableDiffusionsOwn()
    {
        using ModelVariant variant = new();
        PublishedLayout.All.Single(layout => layout.Name.StartsWith("diffusers' script", StringComparison.Ordinal)).Change(variant);
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(variant.Path);
        ModelDescription model = pipeline.Model;
        Assert.Equal((4, 512, 512, 64, 4), (model.LatentChannels, model.Width, model.Height, model.TextWidth, model.VaeFactor));
        Assert.Equal(
            new ModelSources
            {
                LatentChannels = FactSource.Weights,
                Size = FactSource.Default,
                TextWidth = FactSource.Graph,
                VaeFactor = FactSource.Measured,
                VaeScalingFactor = FactSource.Default,
            },
            model.Sources);
        GenerationResult result = await pipeline.GenerateAsync(new GenerationRequest("a star") { Steps = 1, Width = 64, Height = 64 });
        Assert.Equal(model.Sources, result.Report.Model.Sources);
    }

    /// <summary>ONNX Runtime finds most widths by itself; this one depends on what is computed.</summary>
    [Fact]
    public async Task AWidthThatNoGraphTellsIsMeasured()
    {
        using ModelVariant variant = new ModelVariant().Edit("text_encoder", graph =>
        {
            GraphExport.NameAxes(graph, "last_hidden_state", "batch", "sequence", "hidden");
            NodeProto last = graph.Node.Single(node => node.Output.Contains("last_hidden_state"));
            last.Output[0] = "states";
            foreach (NodeProto node in graph.Node.Where(node => node.Input.Contains("last_hidden_state"))) node.Input[node.Input.IndexOf("last_hidden_state")] = "states";
            graph.Initializer.Add(new TensorProto { Name = "width_axis", DataType = (int)OnnxElementType.Int64, Dims = { 1 }, Int64Data = { 2 } });
            graph.Initializer.Add(new TensorProto { Name = "width_start", DataType = (int)OnnxElementType.Int64, Dims = { 1 }, Int64Data = { 0 } });
            graph.Node.Add(new NodeProto { OpType = "Shape", Input = { "states" }, Output = { "states_shape" } });
            graph.Node.Add(new NodeProto { OpType = "ReduceMax", Input = { "states_shape" }, Output = { "width_end" } });
            graph.Node[^1].Attribute.Add(new AttributeProto { Name = "axes", Type = AttributeProto.Types.AttributeType.Ints, Ints = { 0 } });
            graph.Node.Add(new NodeProto { OpType = "Slice", Input = { "states", "width_start", "width_end", "width_axis" }, Output = { "last_hidden_state" } });
        });
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(variant.Path);
        Assert.Equal((64, FactSource.Measured), (pipeline.Model.TextWidth, pipeline.Model.Sources.TextWidth));
        await pipeline.GenerateAsync(new GenerationRequest("a star") { Steps = 1 });
    }

    [Fact]
    public async Task WhatTheWeightsSayMustAgreeWithTheConfiguration()
    {
        using ModelVariant variant = new ModelVariant().Edit("unet", graph => GraphExport.NameAxes(graph, "sample", "batch", "channels", "height", "width"))
            .Edit("vae_decoder", graph => GraphExport.NameAxes(graph, "latent_sample", "batch", "channels", "height", "width"));
        File.WriteAllText(variant.File("unet/config.json"), """{ "sample_size": 16, "in_channels": 9 }""");
        InvalidFileException error = await Assert.ThrowsAsync<InvalidFileException>(() => SafeDiffusionPipeline.LoadAsync(variant.Path));
        Assert.Contains("4, 9", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text_encoder")]
    [InlineData("unet")]
    [InlineData("vae_decoder")]
    [InlineData("vae_encoder")]
    public async Task AFirstRunNamesTheNetworkThatFails(string network)
    {
        using ModelVariant variant = new ModelVariant().Edit(network, ModelVariant.Poison);
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(variant.Path);
        List<string> told = [];
        InferenceException error = await Assert.ThrowsAsync<InferenceException>(() => pipeline.TryNetworksAsync(new Told<string>(told)));
        Assert.Equal(network, error.Network);
        Assert.Equal(network, told[^1]);
        Assert.Contains("does not run", error.Message, StringComparison.Ordinal);
        using CancellationTokenSource cancelled = new();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pipeline.TryNetworksAsync(cancellationToken: cancelled.Token));
    }
}
