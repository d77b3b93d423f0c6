using System.Reflection;
using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Generation;

/// <summary>Collects what a generation does, and makes the report of it.</summary>
internal sealed class ReportBuilder(LoadedModel model, GenerationTools tools, PictureOrder order)
{
    private static readonly string _tool = "SafeDiffusion "
        + typeof(ReportBuilder).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private readonly List<ReportWarning> _warnings = [];
    private readonly DateTimeOffset _createdAt = tools.TimeProvider.GetUtcNow();

    /// <summary>Says what the user should know, once.</summary>
    public void Warn(ReportWarning warning)
    {
        if (!_warnings.Contains(warning)) _warnings.Add(warning);
    }

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
        if (PromptSyntax.Find(text.Text) is { Count: > 0 } found)
        {
            Warn(new(
                "prompt-syntax-literal",
                $"the text holds {string.Join(", ", found)}, which other tools give a meaning; here it is drawn as it stands, brackets and numbers too. "
                + "Say in words what counts, put a LoRA's weights into the model before it is exported, and leave BREAK out: a text is one piece"));
        }
    }

    public void AddEncoderWarning() => Warn(new(
        "encoder-not-seeded", "the VAE encoder draws its sample inside its graph, which no seed controls; export it with latent_parameters for pictures that can be made again"));

    public GenerationReport Build(IReadOnlyList<PictureDenoising> pictures, string weightsHash, BatchTimes times)
    {
        if (model.WeightChangeHash is { } loaded && !order.Policy.Protections.Any(protection => protection is WeightChange))
        {
            Warn(new("weight-delta-unnamed", $"the pipeline was loaded with the weight delta {loaded[..12]}, which the policy does not name; the picture was drawn with it"));
        }
        ImageReport[] images = [.. pictures.Select((picture, index) => Image(picture, order.Seed + index))];
        foreach (ReportWarning concern in PolicyConcerns.Of(order.Policy, pictures, images)) Warn(concern);
        return new()
        {
            Tool = _tool,
            CreatedAt = _createdAt,
            Model = new(model.Description.Name, weightsHash, model.Provider, OrtEnv.Instance().GetVersionString())
            {
                Sources = model.Description.Sources,
                BakedErasures = model.Description.Baked?.Erasures,
                QuantizedLayers = model.Description.Quantization?.Layers,
                QuantizedDecoderLayers = model.Description.DecoderQuantization?.Layers,
                BaseWeightsHash = model.BaseWeightsHash,
                WeightDeltaHash = model.WeightChangeHash,
            },
            Request = Request(),
            Protections = [.. order.Policy.Protections.Select(Protection)],
            Warnings = _warnings,
            Images = images,
            Cost = Cost(images.Sum(image => (long)image.Rows), times),
        };
    }

    /// <summary>A request's share of its batch's times is that of its rows.</summary>
    private static CostReport Cost(long rows, BatchTimes times)
    {
        double share = (double)rows / times.Rows;
        return new(
            rows, share * times.Text.TotalSeconds, share * times.Denoising.TotalSeconds, share * times.UNet.TotalSeconds,
            share * times.Decoding.TotalSeconds, share * times.Looking.TotalSeconds);
    }

    private RequestReport Request() => new()
    {
        Prompt = order.Prompt,
        NegativePrompt = order.NegativePrompt,
        Seed = order.Seed,
        Count = order.Count,
        Width = order.Width,
        Height = order.Height,
        Steps = order.Plan.Timesteps.Length,
        GuidanceScale = order.GuidanceScale,
        Eta = order.Eta,
        Strength = order.Start.Strength,
        Inversion = order.Start.Inversion,
        GivenLatents = order.Start.HasGivenLatents,
    };

    private static ProtectionReport Protection(Protection protection) => new(
        protection.Method, protection.Describe(), PolicyJson.Settings(protection),
        [.. protection.Requirements.Assets.Select(required => required.Asset.Hash), .. protection is WeightChange change ? [change.Change.Hash] : Array.Empty<string>()]);

    private ImageReport Image(PictureDenoising picture, long seed)
    {
        StepReport[] steps = Steps(picture, order.Timesteps.Length);
        RedrawReport[] redraws = [.. picture.AtStart.Select(AtStart), .. picture.Before.Select(Redrawn)];
        return new(seed, steps.Sum(step => step.Rows) + redraws.Sum(redraw => redraw.Rows) + picture.Trace.Rows(order.Timesteps.Length), steps)
        {
            Redraws = redraws,
            Erasures = picture.Erasures,
            Finished = [.. picture.Trace.Finished.Select(seen => Finished(picture, seen.Key, seen.Value))],
        };
    }

    private ObservationReport Finished(PictureDenoising picture, int place, DetectionReading reading)
    {
        foreach ((int i, (int at, _)) in picture.Protections.Redrawings.Index())
        {
            if (at == place) return Observation(place, picture.Trace.Watch(order.Timesteps.Length, i));
        }
        return new(place, reading);
    }

    private StepReport[] Steps(PictureDenoising picture, int taken) => [.. order.Timesteps.Take(taken).Select((timestep, step) => Step(picture, step, timestep))];

    private static RedrawReport AtStart((int Place, TextReplacement Replacement) at) =>
        new(at.Place, null, at.Replacement.Text, at.Replacement.Words, at.Replacement.By, at.Replacement.Reason);

    private RedrawReport Redrawn(PictureDenoising before)
    {
        (int place, DenoisingStep step, WatchOutcome seen, TextReplacement replacement) = before.Redraw!;
        StepReport[] steps = Steps(before, step.Index + 1);
        return new(place, step.Index, replacement.Text, replacement.Words, replacement.By, replacement.Reason)
        {
            Finished = step.Index == step.Count,
            Timestep = step.Timestep,
            Statistic = seen.Statistic,
            Threshold = seen.Threshold,
            Tried = replacement.Tried,
            Covered = replacement.Covered.IsEmpty ? 0 : (float)replacement.Covered.Count(isCovered => isCovered) / replacement.Covered.Length,
            Rows = steps.Sum(taken => taken.Rows) + before.Trace.Rows(step.Count),
            Steps = steps,
        };
    }

    private static StepReport Step(PictureDenoising picture, int step, int timestep)
    {
        (PictureProtections protections, ProtectionTrace trace) = (picture.Protections, picture.Trace);
        // Loops, because there are many steps and in most of them little to tell.
        TermReport[] terms = protections.Guidances.Count == 0 ? [] : new TermReport[protections.Guidances.Count];
        for (int i = 0; i < terms.Length; i++) terms[i] = Term(protections.Guidances[i].Place, trace.Term(step, i));
        InterventionReport[] interventions = protections.Interventions.Count == 0 ? [] : new InterventionReport[protections.Interventions.Count];
        for (int i = 0; i < interventions.Length; i++) interventions[i] = Intervention(protections.Interventions[i].Place, trace.Intervention(step, i));
        int watching = protections.Redrawings.Count;
        ObservationReport[] observations = watching + protections.Observers.Count == 0 ? [] : new ObservationReport[watching + protections.Observers.Count];
        for (int i = 0; i < watching; i++) observations[i] = Observation(protections.Redrawings[i].Place, trace.Watch(step, i));
        for (int i = watching; i < observations.Length; i++) observations[i] = new(protections.Observers[i - watching].Place, trace.Reading(step, i - watching));
        return new(step, timestep, trace.Rows(step), terms) { Interventions = interventions, Observations = observations };
    }

    private static TermReport Term(int protection, (GuidanceOutcome Outcome, float Norm) term) =>
        new(protection, term.Outcome.IsGuided, term.Outcome.IsGuided ? term.Norm : 0, term.Outcome.Reason, term.Outcome.Detection);

    private static ObservationReport Observation(int protection, WatchOutcome seen) =>
        new(protection, seen.Detection) { Statistic = seen.Statistic, Threshold = seen.Threshold, Reason = seen.Reason };

    private static InterventionReport Intervention(int protection, InterventionOutcome outcome) =>
        new(protection, outcome.HasActed, outcome.Scale, outcome.Response, outcome.Reason)
        {
            // An outcome that was never given has no lists.
            Parts = outcome.Parts.IsDefault ? [] : outcome.Parts,
            Layers = outcome.Layers.IsDefault ? [] : outcome.Layers,
            Area = outcome.Area,
        };
}
