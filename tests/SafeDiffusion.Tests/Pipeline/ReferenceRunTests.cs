using System.Globalization;
using System.Text.Json;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Guidance;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Pipeline;

/// <summary>
/// Model layer: whole runs of the shapes model against PyTorch's and diffusers' own pipelines. Tolerances on the latents: 5e-4 for CFG,
/// the negative prompt and SEGA, 2e-2 for SLD weak to strong, 6e-2 for max, about three times what ONNX Runtime in place of PyTorch moves
/// them in the reference's own code; 1e-3 on pictures, which besides are rounded to 8 bits (half of 1/255).
/// </summary>
[Collection(ShapesModelGroup.Name)]
public sealed class ReferenceRunTests(ShapesModel model)
{
    private const float PictureTolerance = 1e-3f + 0.5f / 255;

    [Theory]
    [InlineData("cfg-0", 5e-4f)]
    [InlineData("cfg-1", 5e-4f)]
    [InlineData("cfg-2", 5e-4f)]
    [InlineData("cfg-3", 5e-4f)]
    [InlineData("cfg-50-steps", 5e-4f)]
    [InlineData("negative", 5e-4f)]
    [InlineData("sega-remove", 5e-4f)]
    [InlineData("sega-two", 5e-4f)]
    [InlineData("sld-weak", 2e-2f)]
    [InlineData("sld-medium", 2e-2f)]
    [InlineData("sld-strong", 2e-2f)]
    [InlineData("sld-max", 6e-2f)]
    public async Task EndsWhereTheReferenceEnds(string name, float tolerance)
    {
        SafeTensorsFile reference = SafeTensorsFile.Load(Fixture.Locate("shapes", $"{name}.safetensors"));
        GenerationResult result = await model.Pipeline.GenerateAsync(Request(name, reference.Metadata));

        AssertClose(reference["latents_initial"], result.Latents!.Initial, 2e-6f);
        AssertClose(reference["latents_steps"], result.Latents.Steps, tolerance);
        float[] expected = reference["image"].ToSingles();
        ReadOnlySpan<byte> pixels = result.Images[0].Pixels.Span;
        int plane = pixels.Length / 3;
        float worst = 0;
        for (int i = 0; i < pixels.Length; i++) worst = MathF.Max(worst, MathF.Abs(pixels[i] / 255f - expected[i % 3 * plane + i / 3]));
        Assert.True(worst <= PictureTolerance, $"{name}: a pixel is {worst} off.");
    }

    private static GenerationRequest Request(string name, IReadOnlyDictionary<string, string> metadata)
    {
        JsonElement options = JsonDocument.Parse(metadata["options"]).RootElement;
        return new GenerationRequest(metadata["prompt"])
        {
            Seed = long.Parse(metadata["seed"], CultureInfo.InvariantCulture),
            Steps = int.Parse(metadata["steps"], CultureInfo.InvariantCulture),
            GuidanceScale = float.Parse(metadata["guidance_scale"], CultureInfo.InvariantCulture),
            NegativePrompt = options.TryGetProperty("negative_prompt", out JsonElement text) ? text.GetString() : null,
            Policy = Policy(name, options),
            KeepLatents = true,
        };
    }

    private static SafetyPolicy Policy(string name, JsonElement options) => name.Split('-')[0] switch
    {
        "sld" => SafetyPolicy.Empty.AddSafeLatent("a red triangle", Enum.Parse<SafeLatentPreset>(name[4..], ignoreCase: true)),
        "sega" => SafetyPolicy.Empty.AddSemantic(SemanticOptions.Read(options, options.GetProperty("editing_prompt").Deserialize<string[]>()!)),
        _ => SafetyPolicy.Empty,
    };

    internal static void AssertClose(StoredTensor expected, StoredTensor actual, float tolerance)
    {
        Assert.Equal(expected.Shape.AsEnumerable(), actual.Shape);
        ReadOnlySpan<float> left = expected.AsSingles(), right = actual.AsSingles();
        float worst = 0;
        for (int i = 0; i < left.Length; i++) worst = MathF.Max(worst, MathF.Abs(left[i] - right[i]));
        Assert.True(worst <= tolerance, $"A value is {worst} off; {tolerance} is allowed.");
    }
}
