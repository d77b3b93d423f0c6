using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: folders that cannot be used are refused with the file and the reason.</summary>
public sealed class ModelFolderTests
{
    [Theory]
    [InlineData("unet/model.onnx", "is missing")]
    [InlineData("text_encoder/model.onnx", "is missing")]
    [InlineData("vae_decoder/model.onnx", "is missing")]
    [InlineData("tokenizer/vocab.json", "missing")]
    [InlineData("tokenizer/merges.txt", "missing")]
    [InlineData("scheduler/scheduler_config.json", "missing")]
    public Task AMissingFileIsNamed(string file, string reason) => Refused(file, reason, variant => File.Delete(variant.File(file)));

    [Theory]
    [InlineData("unet/model.onnx")]
    [InlineData("text_encoder/model.onnx")]
    [InlineData("vae_encoder/model.onnx")]
    [InlineData("unet/config.json")]
    [InlineData("tokenizer/vocab.json")]
    [InlineData("scheduler/scheduler_config.json")]
    public Task ADamagedFileIsNamed(string file) => Refused(file, "", variant =>
    {
        byte[] bytes = File.ReadAllBytes(variant.File(file));
        File.WriteAllBytes(variant.File(file), bytes[..(bytes.Length / 2)]);
    });

    [Theory]
    [InlineData("""{ "sample_size": 0 }""", "sample_size")]
    [InlineData("""{ "sample_size": "16" }""", "sample_size")]
    [InlineData("""{ "sample_size": 16, "in_channels": 9 }""", "disagree")]
    [InlineData("""{ "sample_size": 16, "block_out_channels": [] }""", "block_out_channels")]
    public Task AnUnusableConfigurationIsNamed(string json, string reason) =>
        Refused("unet", reason, variant => File.WriteAllText(variant.File("unet/config.json"), json));

    [Fact]
    public Task AScalingFactorMustBeANumberAboveZero() =>
        Refused("vae_decoder/config.json", "scaling_factor", variant => File.WriteAllText(variant.File("vae_decoder/config.json"), """{ "scaling_factor": -1 }"""));

    [Fact]
    public Task AnUnknownSchedulerSettingIsNamed() => Refused(
        "scheduler/scheduler_config.json", "beta_schedule",
        variant => File.WriteAllText(variant.File("scheduler/scheduler_config.json"), """{ "beta_schedule": "wavy" }"""));

    [Fact]
    public Task AnInputThatStableDiffusionDoesNotHaveIsNamed() => Refused("unet/model.onnx", "time_ids", variant => variant.Edit("unet", graph =>
    {
        ValueInfoProto input = graph.Input[0].Clone();
        input.Name = "time_ids";
        graph.Input.Add(input);
    }));

    [Fact]
    public Task AMissingOutputIsNamed() => Refused("text_encoder/model.onnx", "last_hidden_state", variant => variant.Edit(
        "text_encoder", graph => graph.Output.Remove(graph.Output.Single(value => value.Name == "last_hidden_state"))));

    [Fact]
    public Task ExternalDataOutsideTheFolderIsRefused() => Refused("unet/model.onnx", "secret.bin", variant =>
    {
        File.WriteAllBytes(variant.File("secret.bin"), new byte[1 << 20]);
        variant.Edit("unet", graph =>
        {
            TensorProto tensor = graph.Initializer.MaxBy(initializer => initializer.RawData.Length)!;
            tensor.ClearRawData();
            tensor.DataLocation = TensorProto.Types.DataLocation.External;
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "../secret.bin" });
        });
    });

    [Theory]
    [InlineData("no-such-folder", "no such folder")]
    public async Task AFolderThatIsNotThereIsNamed(string folder, string reason)
    {
        InvalidFileException error = await Assert.ThrowsAsync<InvalidFileException>(() => SafeDiffusionPipeline.LoadAsync(folder));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CudaThatIsNotThereIsAnError()
    {
        if (ProviderFeasibility.Of(ExecutionProvider.Cuda).IsAvailable) return;
        ProviderNotAvailableException error = await Assert.ThrowsAsync<ProviderNotAvailableException>(
            () => SafeDiffusionPipeline.LoadAsync(Fixtures.Fixture.ShapesModel, new PipelineOptions { Provider = ExecutionProvider.Cuda }));
        Assert.Equal(ExecutionProvider.Cuda, error.Provider);
        // What is missing differs by package and machine; build/gpu/check-errors.sh tries each.
        Assert.Contains("Microsoft.ML.OnnxRuntime.Gpu", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unet", 0)]
    [InlineData("text_encoder", null)]
    [InlineData("vae_decoder", null)]
    public async Task ANetworkThatGivesNoNumbersStopsTheRun(string network, int? step)
    {
        using ModelVariant variant = new ModelVariant().Edit(network, ModelVariant.Poison);
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(variant.Path);
        InferenceException error = await Assert.ThrowsAsync<InferenceException>(() => pipeline.GenerateAsync(new GenerationRequest("a star") { Steps = 2 }));
        Assert.Equal((network, step), (error.Network, error.Step));
    }

    private static async Task Refused(string file, string reason, Action<ModelVariant> damage)
    {
        using ModelVariant variant = new();
        damage(variant);
        InvalidFileException error = await Assert.ThrowsAsync<InvalidFileException>(() => SafeDiffusionPipeline.LoadAsync(variant.Path));
        Assert.Contains(file, error.File.Replace('\\', '/'), StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }
}
