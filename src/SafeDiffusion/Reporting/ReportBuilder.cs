using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Denoising;
using SafeDiffusion.Guidance;
using SafeDiffusion.Models;
using SafeDiffusion.TextEncoding;

namespace SafeDiffusion.Reporting;

/// <summary>Collects what a generation does, and makes the report of it.</summary>
internal sealed class ReportBuilder(LoadedModel model, PipelineOptions options, GenerationRequest request)
{
    private static readonly string _tool = "SafeDiffusion "
        + typeof(ReportBuilder).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private readonly List<ReportWarning> _warnings = [];
    private readonly DateTimeOffset _createdAt = options.TimeProvider.GetUtcNow();

    /// <summary>The places of the noise guidances among the policy's protections.</summary>
    public IReadOnlyList<int> NoiseGuidances { get; } =
        [.. request.Policy.Protections.Index().Where(entry => entry.Item is NoiseGuidance).Select(entry => entry.Index)];

    public void AddTextWarnings(TokenizedText text)
    {
        if (text.IsTruncated)
        {
            Warn(new("text-truncated", $"the text is longer than the model's {text.Ids.Length} tokens; lost: \"{text.TruncatedText}\""));
        }
        if (!text.EscapedSpecialTokens.IsEmpty)
        {
            string tokens = string.Join(", ", text.EscapedSpecialTokens.Distinct());
            Warn(new("special-tokens-escaped", $"the text holds {tokens}, read as ordinary text and not as a special token"));
        }
    }

    public void AddEncoderWarning() => Warn(new(
        "encoder-not-seeded", "the VAE encoder draws its sample inside its graph, which no seed controls; export it with latent_parameters for pictures that can be made again"));

    public GenerationReport Build(GenerationSettings settings, IReadOnlyList<PictureDenoising> pictures, string weightsHash, BatchTimes times)
    {
        ImageReport[] images = [.. pictures.Select((picture, index) => Image(picture, request.Seed + index, settings))];
        return new()
        {
            Tool = _tool,
            CreatedAt = _createdAt,
            Model = new(model.Description.Name, weightsHash, model.Provider, OrtEnv.Instance().GetVersionString()),
            Request = Request(settings),
            Protections = [.. request.Policy.Protections.Select(Protection)],
            Warnings = _warnings,
            Images = images,
            Cost = Cost(images.Sum(image => (long)image.Rows), times),
        };
    }

    private void Warn(ReportWarning warning)
    {
        if (!_warnings.Contains(warning)) _warnings.Add(warning);
    }

    /// <summary>A request's share of its batch's times is that of its rows.</summary>
    private static CostReport Cost(long rows, BatchTimes times)
    {
        double share = (double)rows / times.Rows;
        return new(
            rows, share * times.Text.TotalSeconds, share * times.Denoising.TotalSeconds, share * times.UNet.TotalSeconds,
            share * times.Decoding.TotalSeconds);
    }

    private RequestReport Request(GenerationSettings settings) => new()
    {
        Prompt = request.Prompt,
        NegativePrompt = settings.NegativePrompt,
        Seed = request.Seed,
        Count = request.Count,
        Width = settings.Width,
        Height = settings.Height,
        Steps = request.Steps,
        GuidanceScale = request.GuidanceScale,
        Eta = request.Eta,
        Strength = request.InitialImage is null ? null : request.Strength,
        GivenLatents = request.InitialLatents is not null,
    };

    private static ProtectionReport Protection(Protection protection)
    {
        JsonObject settings = PolicyJson.Settings(protection);
        return new(protection.Method, protection.Describe(), settings, protection.Asset?.Hash);
    }

    private ImageReport Image(PictureDenoising picture, long seed, GenerationSettings settings)
    {
        StepReport[] steps = [.. Enumerable.Range(0, settings.StepsTaken).Select(step => new StepReport(
            step,
            settings.Plan.Timesteps[settings.StartStep + step],
            picture.Trace.Rows(step),
            [.. NoiseGuidances.Select((protection, guidance) => Term(picture.Trace, step, protection, guidance))]))];
        return new(seed, steps.Sum(step => step.Rows), steps);
    }

    private static TermReport Term(GuidanceTrace trace, int step, int protection, int guidance)
    {
        (GuidanceOutcome outcome, float norm) = trace.Term(step, guidance);
        return new(protection, outcome.IsGuided, norm, outcome.Reason, outcome.Detection);
    }
}
