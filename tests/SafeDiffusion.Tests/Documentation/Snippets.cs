using SafeDiffusion;
using SafeDiffusion.Baking;
using SafeDiffusion.Checking;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Detection;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Methods.Semantic;
using SafeDiffusion.Methods.SurgicalErasing;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Policies;
using SafeDiffusion.Quantizing;
using SafeDiffusion.Reporting;

// Outside the library's namespace, as a user's code is.
namespace Documentation;

/// <summary>The code of the documentation's pages, word for word, to be compiled and run.</summary>
internal static class Snippets
{
    public static async Task<GenerationResult> QuickstartAsync()
    {
        // snippet: quickstart
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync("models/shapes");

        SafetyPolicy policy = SafetyPolicy.Empty.AddSafeLatent("a red triangle", SafeLatentPreset.Max);

        GenerationResult result = await pipeline.GenerateAsync(
            new GenerationRequest("a blue circle and a red triangle on a gray background") { Seed = 7, GuidanceScale = 5, Policy = policy });

        result.SavePng(0, "picture.png");
        result.Report.Save("picture.report.json");
        Console.WriteLine(result.Report.Summary);
        // end
        return result;
    }

    public static SafetyPolicy Policy()
    {
        // snippet: policy
        SafetyPolicy policy = SafetyPolicy.Empty
            .AddNegativePrompt("a green star")
            .AddSafeLatent("a red triangle", SafeLatentPreset.Strong)
            .AddSafeLatent(new SafeLatentGuidance { Concept = "a ring", Preset = SafeLatentPreset.Medium, WarmupSteps = 5 });

        Console.WriteLine(policy.Describe());
        File.WriteAllText("policy.json", policy.ToJson());
        // end
        return policy;
    }

    public static SafetyPolicy Semantic()
    {
        // snippet: semantic
        SafetyPolicy policy = SafetyPolicy.Empty.AddSemantic(new SemanticGuidance
        {
            Concepts =
            [
                new() { Text = "a red triangle", WarmupSteps = 5, CooldownSteps = 20 },
                new() { Text = "a green star", Direction = SemanticDirection.Toward, Scale = 4, Threshold = 0.85f, WarmupSteps = 8, Weight = 0.7f },
            ],
        });
        // end
        return policy;
    }

    public static SafetyPolicy SurgicalErasing()
    {
        // snippet: surgical-erasing
        SafetyPolicy policy = SafetyPolicy.Empty.AddSurgicalErasing(new SurgicalErasingGuidance
        {
            Instructions = [new() { Text = "a red triangle" }, new() { Text = "a blue circle", Scale = ErasingInstruction.PublishedTowardScale }],
        });
        // end
        return policy;
    }

    public static SafetyPolicy TrajectorySteering()
    {
        // snippet: trajectory-steering
        SafetyPolicy policy = SafetyPolicy.Empty.AddTrajectorySteering("a red triangle", safeText: "a green star");
        // end
        return policy;
    }

    public static PipelineOptions DetectAndGuide()
    {
        // snippet: detect-and-guide
        SafetyPolicy policy = SafetyPolicy.Empty.AddDetectAndGuide("models/shapes/assets/red-triangle.guideline.safetensors");

        PipelineOptions options = new PipelineOptions().For(policy);
        // end
        return options;
    }

    public static SafetyPolicy DetectAndRedraw()
    {
        // snippet: detect-and-redraw
        SafetyPolicy policy = SafetyPolicy.Empty.AddDetectAndRedraw("models/shapes/assets/red-triangle-redraw.guideline.safetensors", instead: "a green star");
        // end
        return policy;
    }

    public static SafetyPolicy WhenStillDetected()
    {
        // snippet: when-still-detected
        SafetyPolicy policy = SafetyPolicy.Empty
            .AddDetectAndGuide("models/shapes/assets/red-triangle.guideline.safetensors")
            .WhenStillDetected(new Remedy { Action = RemedialAction.Regenerate, Attempts = 3, Then = RemedialAction.Blur });
        // end
        return policy;
    }

    public static async Task<GenerationResult> DetectionAsync()
    {
        // snippet: detection
        SafetyPolicy policy = SafetyPolicy.Empty
            .AddDetectAndGuide("models/shapes/assets/red-triangle.guideline.safetensors")
            .WhenStillDetected(RemedialAction.Withhold);

        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync("models/shapes", new PipelineOptions().For(policy));

        GenerationResult result = await pipeline.GenerateAsync(
            new GenerationRequest("a blue circle and a red triangle") { Seed = 7, GuidanceScale = 5, Policy = policy, HeatMapEvery = 5 });

        foreach (StepReport step in result.Report.Images[0].Steps)
        {
            TermReport term = step.Terms[0];
            Console.WriteLine($"step {step.Step}: {term.Detection!.Value.Area:P0} shows it; {term.Reason ?? "guided"}");
        }
        HeatMap.Sheet(result.HeatMaps).SavePng("heatmaps.png");
        // end
        return result;
    }

    public static GenerationRequest Pictures()
    {
        // snippet: pictures
        ImageCodecs codecs = ImageCodecs.Default.AddImageSharp();

        RgbImage photo = RgbImage.Load("photo.jpg", codecs).ScaleToCover(512, 512);
        GenerationRequest request = new("a blue circle") { InitialImage = photo, Strength = 0.6f };
        photo.Save("start.webp", codecs);
        // end
        return request;
    }

    public static async Task<BakingResult> BakingAsync()
    {
        // snippet: baking
        BakingResult result = await BakedModel.WriteAsync(
            "models/shapes", "shapes-without", [ErasureProjection.Load("red-triangle.erasure.safetensors")]);
        Console.WriteLine($"{result.Weights} weights, new hash {result.ModelHash}");
        // end
        return result;
    }

    public static async Task<QuantizationPlan> QuantizingAsync()
    {
        // snippet: quantizing
        QuantizationPlan plan = await QuantizedModel.WriteAsync("models/shapes", "shapes-int8");
        Console.WriteLine($"{plan.MeanSignalToNoise} dB");

        // The same in memory: the plan is a small file that goes with the float model.
        PipelineOptions options = new() { Quantization = QuantizationPlan.Load("shapes-int8/quantization.json") };
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync("models/shapes", options);
        // end
        return plan;
    }

    public static (string Checker, PipelineOptions Options, SafetyPolicy Policy) Checking()
    {
        // snippet: checking
        using OnnxImageChecker checker = OnnxImageChecker.Load("safety_checker/model.onnx");

        PipelineOptions options = new() { Checkers = [checker] };

        SafetyPolicy policy = SafetyPolicy.Empty.AddSafeLatent("a red triangle").WhenStillDetected(RemedialAction.Regenerate);
        // end
        return (checker.Name, options, policy);
    }

    public static OnnxModelFile Instrumentation()
    {
        // snippet: instrumentation
        OnnxModelFile unet = OnnxModelFile.Load("models/shapes/unet/model.onnx");

        UNetAnalysis analysis = UNetInstrumentation.Analyze(unet);
        foreach (AttentionLayer layer in analysis.CrossAttention) Console.WriteLine($"{layer.Name}: {layer.Grid} of the latent grid, {layer.Heads} heads");

        OnnxModelFile edited = UNetInstrumentation.Instrument(unet, AttentionFeatures.Detect | AttentionFeatures.Inhibit);
        edited.Save("edited/model.onnx");
        // end
        return edited;
    }

    public static async Task<ModelDescription> ModelAsync()
    {
        // snippet: model
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(
            "models/shapes", new PipelineOptions { Provider = ExecutionProvider.Cpu, Threads = 2, MaxUNetRows = 4 });

        ModelDescription model = pipeline.Model;
        Console.WriteLine($"{model.Name}: {model.Width}x{model.Height}, {model.Tokens} tokens, {model.Scheduler.PredictionType}");
        // end
        return model;
    }

    public static SafetyPolicy FadingPolicy()
    {
        // snippet: fading-json
        MethodCatalogue methods = MethodCatalogue.Default.With<FadingGuidance>();

        SafetyPolicy read = SafetyPolicy.Parse("""
            { "version": 1, "protections": [ { "method": "fading-guidance", "from": 0.5 } ] }
            """, methods: methods);
        // end
        return read;
    }

    public static async Task<GenerationResult> FadingGuidanceAsync()
    {
        // snippet: fading-use
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync("models/shapes");

        SafetyPolicy policy = SafetyPolicy.Empty.AddSafeLatent("a red triangle", SafeLatentPreset.Max).AddFadingGuidance(from: 0.5);

        GenerationResult result = await pipeline.GenerateAsync(
            new GenerationRequest("a green star") { Steps = 10, Policy = policy });

        foreach (StepReport step in result.Report.Images[0].Steps)
        {
            TermReport fading = step.Terms[1];
            Console.WriteLine(fading.Guided ? $"step {step.Step}: {fading.Norm:0.00}" : $"step {step.Step}: {fading.Reason}");
        }
        // end
        return result;
    }
}
