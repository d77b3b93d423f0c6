using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Generation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Scheduling;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion;

/// <summary>Checks requests against the model, and fills every default in.</summary>
internal static class RequestCheck
{
    private const int MaxSize = 16384;

    /// <summary>Refuses requests of which something is missing, or that ask for more than can be kept; before anything is made for them.</summary>
    /// <exception cref="InvalidRequestException">A request, its prompt or its policy is null, a text is too long or no Unicode, or there are too many pictures.</exception>
    public static void RequireBounded(IReadOnlyList<GenerationRequest> requests)
    {
        long pictures = 0;
        foreach ((int index, GenerationRequest? request) in requests.Index())
        {
            Require(request is not null, $"requests[{index}]", "is null.");
            Require(request.Prompt is not null, "prompt", "is null; the empty text is the null prompt.");
            Require(request.Policy is not null, "policy", "is null; SafetyPolicy.Empty is no protection.");
            RequireText(request.Prompt, "prompt");
            RequireText(request.NegativePrompt ?? "", "negativePrompt");
            RequireText(request.InitialImageInversion ?? "", "initialImageInversion");
            Require(request.Count is >= 1 and <= GenerationRequest.MaxCount, "count", $"must be from 1 to {GenerationRequest.MaxCount}, and is {request.Count}. Draw more in several runs.");
            pictures += request.Count;
        }
        Require(pictures <= GenerationRequest.MaxCount, "requests", $"ask for {pictures} pictures; at most {GenerationRequest.MaxCount} can be drawn together.");
    }

    /// <summary>Refuses requests whose rows cannot share a UNet call and a scheduler's step.</summary>
    /// <exception cref="InvalidRequestException">An order differs from the first.</exception>
    public static void RequireAlike(IReadOnlyList<PictureOrder> orders)
    {
        PictureOrder first = orders[0];
        for (int i = 1; i < orders.Count; i++)
        {
            Require(orders[i].Shape == first.Shape, "width and height");
            Require(orders[i].Timesteps.AsSpan().SequenceEqual(first.Timesteps.AsSpan()), "steps and strength");
            Require(orders[i].Eta == first.Eta, "eta");

            void Require(bool agree, string field)
            {
                if (agree) return;
                throw new InvalidRequestException($"requests[{i}]", $"differs from requests[0] in {field}. Requests of one batch must agree in it.");
            }
        }
    }

    /// <exception cref="InvalidRequestException">A field is out of range, or does not fit the model or the policy.</exception>
    public static PictureOrder Resolve(GenerationRequest request, LoadedModel model)
    {
        ModelDescription description = model.Description;
        Require(float.IsFinite(request.GuidanceScale) && request.GuidanceScale >= 1, "guidanceScale", $"must be at least 1, and is {request.GuidanceScale}.");
        Require(request.Eta is >= 0 and <= 1, "eta", $"must be from 0 to 1, and is {request.Eta}.");
        Require(request.PreviewEvery >= 0, "previewEvery", $"must be at least 0, and is {request.PreviewEvery}.");
        Require(request.HeatMapEvery >= 0, "heatMapEvery", $"must be at least 0, and is {request.HeatMapEvery}.");
        Require(
            request.HeatMapEvery == 0 || request.Policy.Requirements.Detects, "heatMapEvery",
            "asks for heat maps, but no protection of the policy detects anything. Add one that does, such as detect-and-guide, or ask for none.");
        RequireAttention(request.Policy, model);
        RequireWeights(request.Policy, model);
        RequireWidth(request.Policy, model.TextEncoder.Width);
        (int width, int height) = SizeOf(request, description);
        if (request.InitialImage is { } initial) request = request with { InitialImage = Fit(initial, width, height, request, description) };
        RequireSize("width", width, description.Width, description);
        RequireSize("height", height, description.Height, description);
        LatentShape shape = new(description.LatentChannels, height / description.VaeFactor, width / description.VaeFactor);
        if (request.InitialImage is { } image)
        {
            Require(request.Strength is > 0 and <= 1, "strength", $"must be above 0 and at most 1, and is {request.Strength}.");
            RequirePicture("initialImage", image, width, height, model);
        }
        if (request.InitialLatents is not null) RequireLatents(request.InitialLatents, request.Count, shape);
        DdimPlan plan = model.Scheduler.CreatePlan(request.Steps);
        return new PictureOrder
        {
            Prompt = request.Prompt,
            NegativePrompt = NegativePromptOf(request),
            Policy = request.Policy,
            Seed = request.Seed,
            Count = request.Count,
            Width = width,
            Height = height,
            Shape = shape,
            Plan = plan,
            GuidanceScale = request.GuidanceScale,
            Eta = request.Eta,
            Start = Start(request, plan),
            KeepLatents = request.KeepLatents,
            PreviewEvery = request.PreviewEvery,
            HeatMapEvery = request.HeatMapEvery,
            KeepSpecialTokens = request.KeepSpecialTokens,
        };
    }

    private static PictureStart Start(GenerationRequest request, DdimPlan plan)
    {
        GivenStart? given = request.InitialLatents is { } latents ? new GivenStart(latents.ToSingles()) : null;
        if (request.InitialImageInversion is not null) RequireInvertible(request);
        if (request.InitialImage is not { } image) return given ?? (PictureStart)new NoiseStart();
        int first = plan.StartIndex(request.Strength);
        Require(first < plan.Timesteps.Length, "strength", $"is {request.Strength}, which leaves none of the {request.Steps} steps. Raise one of them.");
        return request.InitialImageInversion is { } text
            ? new InvertedPictureStart(image, text, request.Strength, first)
            : new NoisedPictureStart(image, request.Strength, first, given);
    }

    private static void RequireInvertible(GenerationRequest request)
    {
        const string Field = "initialImageInversion";
        Require(request.InitialImage is not null, Field, "is given, but no initial picture is there to be inverted. Give one, or leave it out.");
        Require(request.InitialLatents is null, Field, "and initialLatents exclude each other: an inverted picture makes its own noise.");
        Require(request.Count == 1 || request.Eta > 0, Field, $"makes the same latents for every seed, so that {request.Count} pictures would be one. Draw 1, or set eta above 0.");
        Require(
            request.Policy.Remedy is not { Action: RemedialAction.Regenerate }, "policy",
            "has a picture drawn again that still shows a concept, but an inverted one would become the same again. Choose another action than regenerate.");
    }

    private static void RequireAttention(SafetyPolicy policy, LoadedModel model)
    {
        const string Advice = "Load the pipeline with new PipelineOptions().For(policy).";
        AttentionFeatures missing = policy.Requirements.Features & ~model.Denoiser.Features;
        Require(missing == AttentionFeatures.None, "policy", $"needs {missing} of the UNet's cross-attention. {Advice}");
        Require(
            policy.Requirements.DetectionLayers is not { } layers || layers == model.DetectionLayers, "policy",
            $"reads the {policy.Requirements.DetectionLayers}, but the pipeline was loaded to read the {model.DetectionLayers}. {Advice}");
    }

    /// <summary>Refuses a policy whose weights the pipeline was not loaded with: they would not protect.</summary>
    private static void RequireWeights(SafetyPolicy policy, LoadedModel model)
    {
        foreach (WeightChange change in policy.Protections.OfType<WeightChange>())
        {
            string there = model.WeightChangeHash is { } hash ? $"with {hash[..12]}" : "with the model's own weights";
            Require(
                change.Change.Hash == model.WeightChangeHash, "policy",
                $"names the weight delta {change.Change.Hash[..12]}, but the pipeline was loaded {there}. Load the pipeline with new PipelineOptions().For(policy).");
        }
    }

    /// <summary>Refuses learned assets whose values would be read in the wrong places.</summary>
    private static void RequireWidth(SafetyPolicy policy, int width)
    {
        foreach (LearnedAsset asset in policy.Requirements.Assets.Select(required => required.Asset))
        {
            Require(
                asset.ModelTextWidth is not { } needed || needed == width, "policy",
                $"holds an asset{(asset.Path is { } path ? $" ({Path.GetFileName(path)})" : "")} of text width {asset.ModelTextWidth}; this model's text width is {width}. Learn it with this model.");
        }
    }

    private static void RequireText(string text, string field)
    {
        Require(text.Length <= GenerationRequest.MaxTextLength, field, $"has {text.Length} characters; at most {GenerationRequest.MaxTextLength} are taken, and CLIP reads the first 77 tokens.");
        Require(UnicodeText.IsValid(text), field, "holds half of a surrogate pair, which is no character.");
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

    /// <summary>The size that is asked for, that initial latents have, that the initial picture has or comes nearest to, or the model's own.</summary>
    private static (int Width, int Height) SizeOf(GenerationRequest request, ModelDescription model)
    {
        if (request.InitialImage is not { } image)
        {
            return (request.Width ?? SizeOfLatents(request, model, dimension: 3) ?? model.Width, request.Height ?? SizeOfLatents(request, model, dimension: 2) ?? model.Height);
        }
        if (model.HasFixedSize) return (request.Width ?? model.Width, request.Height ?? model.Height);
        // Of one side that is given, the other follows by the picture's shape.
        double scale = request.Width is { } width ? (double)width / image.Width : request.Height is { } height ? (double)height / image.Height : 1;
        return (request.Width ?? Near(image.Width * scale, model), request.Height ?? Near(image.Height * scale, model));
    }

    private static int Near(double size, ModelDescription model)
    {
        int multiple = model.SizeMultiple;
        return (int)Math.Clamp(Math.Round(size / multiple, MidpointRounding.AwayFromZero), 1, MaxSize / multiple) * multiple;
    }

    /// <summary>The initial picture at the size that is drawn; where its size is the fault, the advice is about the picture.</summary>
    private static RgbImage Fit(RgbImage image, int width, int height, GenerationRequest request, ModelDescription model)
    {
        if (request.InitialImageFit is { } fit)
        {
            Require(Enum.IsDefined(fit), "initialImageFit", $"is {fit}; it must be pad, crop or scale.");
            RequireSize("width", width, model.Width, model);
            RequireSize("height", height, model.Height, model);
            return image.FitTo(width, height, fit);
        }
        if ((image.Width, image.Height) == (width, height)) return image;
        // A size that the model does not draw is told of as such.
        if (request.Width is not null) RequireSize("width", width, model.Width, model);
        if (request.Height is not null) RequireSize("height", height, model.Height, model);
        string sizes = (request.Width ?? request.Height) is not null ? $"{width}x{height} was asked for"
            : model.HasFixedSize ? $"this model draws {width}x{height} only"
            : $"this model draws multiples of {model.SizeMultiple} up to {MaxSize}";
        throw new InvalidRequestException(
            "initialImage", $"is {image.Width}x{image.Height}, and {sizes}. Scale it to {width}x{height}, or have it fitted: --fit pad, crop or scale (InitialImageFit in code).");
    }

    /// <summary>Refuses a picture that cannot be encoded for a size.</summary>
    /// <exception cref="InvalidRequestException">The model has no VAE encoder, or the picture has another size.</exception>
    public static void RequirePicture(string field, RgbImage image, int width, int height, LoadedModel model)
    {
        Require(model.Encoder is not null, field, "needs vae_encoder/model.onnx, which this model folder does not have.");
        RequireSize("width", width, model.Description.Width, model.Description);
        RequireSize("height", height, model.Description.Height, model.Description);
        Require(
            (model.Encoder!.FixedWidth ?? width) == width && (model.Encoder.FixedHeight ?? height) == height, field,
            $"is to be {width}x{height}, but this model's vae_encoder was exported for {model.Encoder.FixedWidth ?? width}x{model.Encoder.FixedHeight ?? height} only.");
        Require(image.Width == width && image.Height == height, field, $"is {image.Width}x{image.Height}, and {width}x{height} was asked for. Bring it to that size first (RgbImage.FitTo).");
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

    /// <exception cref="InvalidRequestException">It does not hold.</exception>
    public static void Require([DoesNotReturnIf(false)] bool holds, string field, string reason)
    {
        if (!holds) throw new InvalidRequestException(field, reason);
    }
}
