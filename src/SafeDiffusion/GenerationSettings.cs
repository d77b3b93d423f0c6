using System.Numerics.Tensors;
using SafeDiffusion.Assets;
using SafeDiffusion.Denoising;
using SafeDiffusion.Imaging;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Models;
using SafeDiffusion.Scheduling;

namespace SafeDiffusion;

/// <summary>A request, checked against the model, with every default filled in.</summary>
internal sealed record GenerationSettings
{
    private const int MaxSize = 16384;

    public required int Width { get; init; }

    public required int Height { get; init; }

    /// <summary>The shape of one picture's latents.</summary>
    public required LatentShape Shape { get; init; }

    /// <summary>The scheduler's timesteps.</summary>
    public required DdimPlan Plan { get; init; }

    /// <summary>The first step to take: 0, or later with an initial picture.</summary>
    public required int StartStep { get; init; }

    /// <summary>The text in the null condition's place.</summary>
    public required string NegativePrompt { get; init; }

    public int StepsTaken => Plan.Timesteps.Length - StartStep;

    /// <exception cref="InvalidRequestException">A field is out of range, or does not fit the model or the policy.</exception>
    public static GenerationSettings Resolve(GenerationRequest request, LoadedModel model)
    {
        ModelDescription description = model.Description;
        if (request.Prompt is null) throw new InvalidRequestException("prompt", "is null; the empty text is the null prompt.");
        Require(float.IsFinite(request.GuidanceScale) && request.GuidanceScale >= 1, "guidanceScale", $"must be at least 1, and is {request.GuidanceScale}.");
        Require(request.Eta is >= 0 and <= 1, "eta", $"must be from 0 to 1, and is {request.Eta}.");
        Require(request.Count >= 1, "count", $"must be at least 1, and is {request.Count}.");
        Require(request.PreviewEvery >= 0, "previewEvery", $"must be at least 0, and is {request.PreviewEvery}.");
        Require(request.HeatMapEvery >= 0, "heatMapEvery", $"must be at least 0, and is {request.HeatMapEvery}.");
        Require(
            request.HeatMapEvery == 0 || request.Policy.RequiredFeatures.HasFlag(AttentionFeatures.Detect), "heatMapEvery",
            "asks for heat maps, but no protection of the policy detects anything. Add detect-and-guide, or leave it at 0.");
        RequireAttention(request.Policy, model);
        if (request is { InitialImage: not null, Width: null, Height: null }) RequireSizeOf(request.InitialImage, description);
        int width = request.Width ?? request.InitialImage?.Width ?? SizeOfLatents(request, description, dimension: 3) ?? description.Width;
        int height = request.Height ?? request.InitialImage?.Height ?? SizeOfLatents(request, description, dimension: 2) ?? description.Height;
        RequireSize("width", width, description.Width, description);
        RequireSize("height", height, description.Height, description);
        LatentShape shape = new(description.LatentChannels, height / description.VaeFactor, width / description.VaeFactor);
        if (request.InitialImage is not null) RequireInitialImage(request, width, height, model);
        if (request.InitialLatents is not null) RequireLatents(request.InitialLatents, request.Count, shape);
        DdimPlan plan = model.Scheduler.CreatePlan(request.Steps);
        int startStep = request.InitialImage is null ? 0 : plan.StartIndex(request.Strength);
        Require(startStep < plan.Timesteps.Length, "strength", $"is {request.Strength}, which leaves none of the {request.Steps} steps. Raise one of them.");
        return new GenerationSettings
        {
            Width = width,
            Height = height,
            Shape = shape,
            Plan = plan,
            StartStep = startStep,
            NegativePrompt = NegativePromptOf(request),
        };
    }

    private static void RequireAttention(SafetyPolicy policy, LoadedModel model)
    {
        const string Advice = "Load the pipeline with new PipelineOptions().For(policy).";
        AttentionFeatures missing = policy.RequiredFeatures & ~model.Denoiser.Features;
        Require(missing == AttentionFeatures.None, "policy", $"needs {missing} of the UNet's cross-attention. {Advice}");
        Require(
            policy.DetectionLayers is not { } layers || layers == model.DetectionLayers, "policy",
            $"reads the {policy.DetectionLayers}, but the pipeline was loaded to read the {model.DetectionLayers}. {Advice}");
    }

    /// <summary>The width or height in pixels that given latents have; null where there are none, or none of a shape that tells.</summary>
    private static int? SizeOfLatents(GenerationRequest request, ModelDescription model, int dimension) =>
        request.InitialLatents is { Shape.Length: 4 } latents && latents.Shape[dimension] <= MaxSize / model.VaeFactor
            ? (int)latents.Shape[dimension] * model.VaeFactor
            : null;

    private static void RequireSize(string field, int size, int own, ModelDescription model)
    {
        if (model.HasFixedSize)
        {
            Require(size == own, field, $"is {size}, but this model's graph was exported for {model.Width}x{model.Height} only.");
        }
        int multiple = model.SizeMultiple;
        if (size > 0 && size <= MaxSize && size % multiple == 0) return;
        int below = Math.Clamp(size / multiple * multiple, multiple, MaxSize / multiple * multiple);
        throw new InvalidRequestException(field, $"must be a multiple of {multiple} up to {MaxSize} for this model, and is {size}. Try {below}.");
    }

    /// <summary>Where the picture decides the size, the advice is about the picture.</summary>
    private static void RequireSizeOf(RgbImage image, ModelDescription model)
    {
        if (!model.HasFixedSize && Fits(image.Width) && Fits(image.Height)) return;
        if (model.HasFixedSize && (image.Width, image.Height) == (model.Width, model.Height)) return;
        (int width, int height) = model.HasFixedSize ? (model.Width, model.Height) : (Near(image.Width), Near(image.Height));
        string sizes = model.HasFixedSize ? $"{width}x{height} only" : $"multiples of {model.SizeMultiple} up to {MaxSize}";
        throw new InvalidRequestException("initialImage", $"is {image.Width}x{image.Height}, and this model draws {sizes}. Scale it to {width}x{height}.");

        bool Fits(int size) => size <= MaxSize && size % model.SizeMultiple == 0;
        int Near(int size) => Math.Clamp((size + model.SizeMultiple / 2) / model.SizeMultiple * model.SizeMultiple, model.SizeMultiple, MaxSize / model.SizeMultiple * model.SizeMultiple);
    }

    private static void RequireInitialImage(GenerationRequest request, int width, int height, LoadedModel model)
    {
        Require(model.Encoder is not null, "initialImage", "needs vae_encoder/model.onnx, which this model folder does not have.");
        Require(request.Strength is > 0 and <= 1, "strength", $"must be above 0 and at most 1, and is {request.Strength}.");
        Require(
            request.InitialImage!.Width == width && request.InitialImage.Height == height, "initialImage",
            $"is {request.InitialImage.Width}x{request.InitialImage.Height}, and {width}x{height} was asked for. Scale it first.");
    }

    private static void RequireLatents(StoredTensor latents, int count, LatentShape shape)
    {
        const string Field = "initialLatents";
        Require(
            latents.Type is ElementType.F16 or ElementType.BF16 or ElementType.F32 or ElementType.F64, Field,
            $"are of type {latents.Type}; floating-point numbers are needed.");
        Require(
            latents.Shape.SequenceEqual([count, shape.Channels, shape.Height, shape.Width]), Field,
            $"have the shape [{string.Join(", ", latents.Shape)}]; [{count}, {shape.Channels}, {shape.Height}, {shape.Width}] is needed.");
        Require(float.IsFinite(TensorPrimitives.MaxMagnitude<float>(latents.ToSingles())), Field, "hold a value that is not a finite number.");
    }

    private static string NegativePromptOf(GenerationRequest request)
    {
        string? ofPolicy = request.Policy.Protections.Select(protection => protection.UnconditionalText).FirstOrDefault(text => text is not null);
        Require(
            ofPolicy is null || string.IsNullOrEmpty(request.NegativePrompt), "negativePrompt",
            "is given by the request and by the policy. Leave it to one of them.");
        string text = ofPolicy ?? request.NegativePrompt ?? "";
        Require(text.Length == 0 || request.GuidanceScale > 1, "guidanceScale", "is 1, where a negative prompt has no effect. Raise it or remove the negative prompt.");
        return text;
    }

    private static void Require(bool holds, string field, string reason)
    {
        if (!holds) throw new InvalidRequestException(field, reason);
    }
}
