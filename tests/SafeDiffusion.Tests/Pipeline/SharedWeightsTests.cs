using System.Runtime.InteropServices;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.FineTuned;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: pipelines with and without weight deltas that keep their optimised UNets in one folder.</summary>
[Collection(ShapesModelGroup.Name)]
public sealed class SharedWeightsTests(ShapesModel model)
{
    private static readonly GenerationRequest _request = new("a blue circle and a red triangle") { Steps = 6, Seed = 7, KeepLatents = true };

    [Fact]
    public async Task UnchangedWeightsAreKeptAndMappedOnceAndPicturesAreTheSame()
    {
        using TemporaryFolder folder = new();
        SafetyPolicy?[] policies = [null, await WithKeys(0, 0), await WithKeys(1, 0.5f)];
        float[][] apart = [.. await Task.WhenAll(policies.Select(policy => Latents(policy, null)))];
        // Loaded at once, into an empty folder.
        SafeDiffusionPipeline[] pipelines = await Task.WhenAll(policies.Select(policy => Load(policy, folder.Path)));
        try
        {
            for (int i = 0; i < policies.Length; i++) Assert.Equal(apart[i], await Latents(pipelines[i], policies[i]));
            Assert.Equal(3, apart.Select(latents => latents[0]).Distinct().Count());

            // One file holds the weights, the others what differs; where the plain UNet comes last, two hold all of its own.
            string family = Assert.Single(Directory.GetDirectories(folder.Path));
            FileInfo[] weights = [.. new DirectoryInfo(family).GetFiles("*.bin").OrderByDescending(file => file.Length)];
            Assert.InRange(weights.Length, 2, 3);
            Assert.All(weights[1..], file => Assert.InRange(file.Length, 1, weights[0].Length / 100));
            Assert.Equal(3, Directory.GetFiles(family, "*.onnx").Length);
            Assert.Empty(Directory.GetDirectories(family));
            if (OperatingSystem.IsLinux()) Assert.Equal(weights.Select(file => file.FullName).Order(StringComparer.Ordinal), Mapped(folder.Path));
        }
        finally
        {
            foreach (SafeDiffusionPipeline pipeline in pipelines) await pipeline.DisposeAsync();
        }
        // What is there already is found again, and a pipeline does not need the ones before it.
        await using SafeDiffusionPipeline again = await Load(policies[2], folder.Path);
        Assert.Equal(apart[2], await Latents(again, policies[2]));
    }

    [Fact]
    public async Task WhatDiffersIsNeverShared()
    {
        using TemporaryFolder folder = new();
        await (await Load(null, folder.Path)).DisposeAsync();
        string whole = Assert.Single(Directory.GetFiles(folder.Path, "*.bin", SearchOption.AllDirectories));
        byte[] bytes = File.ReadAllBytes(whole);
        for (int i = 0; i < bytes.Length; i += 1024) bytes[i] ^= 1;
        File.WriteAllBytes(whole, bytes);
        SafetyPolicy policy = await WithKeys(0, 0);
        await using (SafeDiffusionPipeline changed = await Load(policy, folder.Path)) Assert.Equal(await Latents(policy, null), await Latents(changed, policy));
        Assert.True(Directory.GetFiles(folder.Path, "*.bin", SearchOption.AllDirectories).Except([whole]).Single() is { } own && new FileInfo(own).Length > bytes.Length / 2);
    }

    [Fact]
    public async Task WeightsThatWereDeletedAreAnErrorThatSaysWhatToDo()
    {
        using TemporaryFolder folder = new();
        await (await Load(null, folder.Path)).DisposeAsync();
        SafetyPolicy policy = await WithKeys(0, 0);
        string whole = Assert.Single(Directory.GetFiles(folder.Path, "*.bin", SearchOption.AllDirectories));
        await (await Load(policy, folder.Path)).DisposeAsync();
        File.Delete(whole);
        InvalidFileException error = await Assert.ThrowsAsync<InvalidFileException>(() => Load(policy, folder.Path));
        Assert.Contains("delete it", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The files of weights in a folder that this process has mapped.</summary>
    private static IEnumerable<string> Mapped(string folder) => File.ReadLines("/proc/self/maps")
        .Select(line => line[Math.Max(0, line.IndexOf('/', StringComparison.Ordinal))..])
        .Where(path => path.StartsWith(folder, StringComparison.Ordinal) && path.EndsWith(".bin", StringComparison.Ordinal))
        .Distinct().Order(StringComparer.Ordinal);

    private static Task<SafeDiffusionPipeline> Load(SafetyPolicy? policy, string? cache) =>
        SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions { Threads = 1, CacheFolder = cache }.For(policy ?? SafetyPolicy.Empty));

    private static async Task<float[]> Latents(SafetyPolicy? policy, string? cache)
    {
        await using SafeDiffusionPipeline pipeline = await Load(policy, cache);
        return await Latents(pipeline, policy);
    }

    private static async Task<float[]> Latents(SafeDiffusionPipeline pipeline, SafetyPolicy? policy) =>
        (await pipeline.GenerateAsync(_request with { Policy = policy ?? SafetyPolicy.Empty })).Latents!.Final.ToSingles();

    /// <summary>A delta that scales the keys of one cross-attention layer.</summary>
    private async Task<SafetyPolicy> WithKeys(int layer, float factor)
    {
        OnnxModelFile unet = OnnxModelFile.Load(Path.Combine(Fixture.ShapesModel, "unet", "model.onnx"));
        OnnxTensor key = new OnnxGraph(unet).Initializers[UNetInstrumentation.Analyze(unet).CrossAttention[layer].Key.Initializer!];
        float[] values = [.. MemoryMarshal.Cast<byte, float>(key.ReadBytes().Span).ToArray().Select(value => factor * value)];
        WeightDelta delta = new(
            new() { Concept = "square", BaseModelHash = await model.Pipeline.GetWeightsHashAsync(), Tool = "test" },
            new Dictionary<string, StoredTensor> { [key.Name] = StoredTensor.FromSingles(values, [.. key.Shape]) });
        return SafetyPolicy.Empty.AddWeightDelta(new FineTunedWeights { Delta = delta });
    }
}
