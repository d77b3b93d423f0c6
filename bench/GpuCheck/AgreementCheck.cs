using System.Numerics.Tensors;
using SafeDiffusion;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Detection;
using SafeDiffusion.Generation;
using SafeDiffusion.Methods.DetectAndGuide;
using SafeDiffusion.Policies;

namespace GpuCheck;

/// <summary>Draws with the shapes model on the CPU and on the provider, in float32 and with a UNet of float16, and compares the latents.</summary>
internal static class AgreementCheck
{
    /// <summary>What rounding makes of a step: sums in another order, and with float16 half as many digits.</summary>
    private static readonly (string Precision, double FirstStep)[] _precisions = [("float32", 1e-4), ("float16", 2e-3)];

    public static async Task RunAsync(string shapes, string work, ExecutionProvider provider, CheckReport report, CancellationToken cancellationToken)
    {
        string half = Path.Combine(work, "shapes-float16");
        HalfModel.WriteFolder(shapes, half);
        // First, since a pipeline refuses to load what this tells.
        foreach (string network in (string[])["text_encoder", "unet", "vae_decoder", "vae_encoder"])
            report.Placements.Add(PlacementOf.Network("shapes", shapes, network, provider));
        report.Placements.Add(PlacementOf.Network("shapes-float16", half, "unet", provider));
        report.Scores.AddRange(DetectionScoresCheck.Run(shapes, half, provider));
        // The guideline was learned with the float32 weights, and their halves are other weights by their hash.
        SafetyPolicy detect = SafetyPolicy.Empty.AddDetectAndGuide(new DetectionGuidance
        {
            Guideline = Guideline.Load(Path.Combine(shapes, "assets", "red-triangle.guideline.safetensors")),
            AllowOtherModel = true,
        });
        // 25 steps amplify it. Where a threshold decides for every pixel whether it is guided, float16 ends elsewhere, on the CPU as well:
        // there the first step and the scores themselves are compared.
        (string Name, SafetyPolicy Policy, double?[] Final)[] cases =
        [
            ("plain", SafetyPolicy.Empty, [1e-3, 5e-2]),
            ("safe-latent", SafetyPolicy.Empty.AddSafeLatent("a red triangle"), [1e-3, 5e-2]),
            ("detect-and-guide", detect, [5e-2, null]),
        ];
        foreach ((string name, SafetyPolicy policy, double?[] final) in cases)
        {
            (GenerationLatents expected, _) = await DrawAsync(shapes, policy, ExecutionProvider.Cpu, cancellationToken);
            foreach (((string precision, double first), double? last) in _precisions.Zip(final))
                await report.TryAsync($"{name}, {precision}", () => CompareAsync(precision, first, last));

            async Task CompareAsync(string precision, double first, double? last)
            {
                (GenerationLatents latents, string used) = await DrawAsync(precision == "float16" ? half : shapes, policy, provider, cancellationToken);
                report.Agreements.Add(new Agreement(
                    name, precision, used, Difference(latents, expected, first: true), first, Difference(latents, expected, first: false), last));
                if (used != provider.ToString()) report.Failures.Add($"{name}, {precision}: ran on {used}, and {provider} was asked for");
            }
        }
    }

    /// <summary>The root mean square of a difference, relative to that of what is expected; infinite where a value is no number.</summary>
    public static double RelativeDifference(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        double difference = TensorPrimitives.Distance(actual, expected) / TensorPrimitives.Norm(expected);
        return double.IsFinite(difference) ? difference : double.PositiveInfinity;
    }

    private static double Difference(GenerationLatents actual, GenerationLatents expected, bool first)
    {
        int length = expected.Initial.Count;
        ReadOnlySpan<float> left = first ? actual.Steps.AsSingles()[..length] : actual.Final.AsSingles();
        ReadOnlySpan<float> right = first ? expected.Steps.AsSingles()[..length] : expected.Final.AsSingles();
        return RelativeDifference(left, right);
    }

    private static async Task<(GenerationLatents Latents, string Provider)> DrawAsync(
        string model, SafetyPolicy policy, ExecutionProvider provider, CancellationToken cancellationToken)
    {
        PipelineOptions options = new PipelineOptions { Provider = provider }.For(policy);
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(model, options, cancellationToken);
        GenerationRequest request = new("a blue circle and a red triangle") { Seed = 7, Steps = 25, KeepLatents = true, Policy = policy };
        GenerationResult result = await pipeline.GenerateAsync(request, cancellationToken: cancellationToken);
        return (result.Latents!, result.Report.Model.Provider.ToString());
    }
}
