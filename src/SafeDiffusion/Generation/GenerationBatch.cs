using System.Diagnostics;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Protections;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Generation;

/// <summary>One generation, from the texts of one or several requests to their pictures.</summary>
internal sealed class GenerationBatch
{
    private readonly LoadedModel _model;
    private readonly PipelineOptions _options;
    private readonly GuidelineList _guidelines;
    private readonly GenerationMember[] _members;
    private readonly IProgress<GenerationProgress>? _progress;
    private readonly CancellationToken _cancellationToken;

    public GenerationBatch(
        LoadedModel model, PipelineOptions options, IReadOnlyList<GenerationRequest> requests, IProgress<GenerationProgress>? progress,
        CancellationToken cancellationToken)
    {
        _model = model;
        _options = options;
        TextStatesCache texts = new(model.TextEncoder, cancellationToken);
        _guidelines = new GuidelineList(model.TextEncoder.Width);
        _members = [.. requests.Select(request => new GenerationMember(model, options, request, texts, _guidelines))];
        _progress = progress;
        _cancellationToken = cancellationToken;
        RequireAlike();
    }

    /// <summary>What all members have in common.</summary>
    private GenerationMember First => _members[0];

    public async Task<IReadOnlyList<GenerationResult>> RunAsync()
    {
        using Activity? activity = Telemetry.Activities.StartActivity("generate");
        await RequireMatchingAssetsAsync().ConfigureAwait(false);
        long began = Stopwatch.GetTimestamp();
        foreach (GenerationMember member in _members) member.Begin(_cancellationToken);
        PictureDenoising[] pictures = [.. _members.SelectMany(member => member.Pictures)];
        BatchTimes times = new() { Text = Stopwatch.GetElapsedTime(began) };
        Denoise(pictures, times);
        RgbImage[] images = Decode(pictures, times);

        string hash = await _model.WeightsHash.WaitAsync(_cancellationToken).ConfigureAwait(false);
        GenerationResult[] results = new GenerationResult[_members.Length];
        for (int i = 0, first = 0; i < results.Length; first += _members[i++].Pictures.Count)
        {
            GenerationMember member = _members[i];
            GenerationReport report = member.Report.Build(member.Settings, member.Pictures, hash, times);
            results[i] = new(images[first..(first + member.Pictures.Count)], report) { Latents = member.Recorder?.ToLatents(), HeatMaps = member.HeatMaps };
        }
        Telemetry.Images.Add(images.Length);
        Telemetry.Rows.Add(times.Rows);
        Telemetry.Duration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
        return results;
    }

    /// <summary>Refuses requests whose rows cannot share a UNet call and a scheduler's step.</summary>
    private void RequireAlike()
    {
        for (int i = 1; i < _members.Length; i++)
        {
            (GenerationRequest one, GenerationRequest other) = (First.Request, _members[i].Request);
            Require(First.Settings.Shape == _members[i].Settings.Shape, "width and height");
            Require(one.Steps == other.Steps && First.Settings.StartStep == _members[i].Settings.StartStep, "steps and strength");
            Require(one.GuidanceScale == other.GuidanceScale, "guidanceScale");
            Require(one.Eta == other.Eta, "eta");

            void Require(bool agree, string field)
            {
                if (agree) return;
                throw new InvalidRequestException($"requests[{i}]", $"differs from requests[0] in {field}. Requests of one batch must agree in it.");
            }
        }
    }

    /// <summary>Refuses assets that were learned with another model; only then are the weights' hashes waited for.</summary>
    private async Task RequireMatchingAssetsAsync()
    {
        foreach (ProtectionAsset asset in _members.SelectMany(member => member.Request.Policy.Protections).Select(protection => protection.Asset).OfType<ProtectionAsset>())
        {
            if (asset.AllowOtherModel) continue;
            string hash = await _model.WeightsHash.WaitAsync(_cancellationToken).ConfigureAwait(false);
            if (asset.BaseModelHash == hash) continue;
            throw new InvalidRequestException(
                "policy", $"holds an asset{(asset.Path.Length > 0 ? $" ({Path.GetFileName(asset.Path)})" : "")} that was learned with another model "
                + $"({asset.BaseModelHash[..Math.Min(12, asset.BaseModelHash.Length)]}, this one is {hash[..12]}). Learn it with this model, or set allowOtherModel.");
        }
    }

    private void Denoise(PictureDenoising[] pictures, BatchTimes times)
    {
        long began = Stopwatch.GetTimestamp();
        using RowEvaluator evaluator = new(_model.Denoiser, First.Settings.Shape, _options.MaxUNetRows, _guidelines.ToRequest());
        DenoisingLoop loop = new(evaluator, First.Settings.Plan, First.Request.Eta);
        loop.Run(pictures, First.Settings.StartStep, First.Request.GuidanceScale, AfterStep, _cancellationToken);
        times.Denoising = Stopwatch.GetElapsedTime(began);
        times.UNet = evaluator.NetworkTime;
        times.Rows = evaluator.Rows;

        void AfterStep(DenoisingStep step)
        {
            foreach (GenerationMember member in _members)
            {
                member.Recorder?.Record(step.Index);
                if (member.WantsHeatMaps(step)) member.KeepHeatMaps(step, Preview(member.Pictures, step));
            }
            if (_progress is null) return;
            PictureDenoising[] previewed = [.. _members
                .Where(member => member.Request.PreviewEvery > 0 && (step.Index + 1) % member.Request.PreviewEvery == 0)
                .SelectMany(member => member.Pictures)];
            _progress.Report(new GenerationProgress(step.Index + 1, step.Count, evaluator.Rows, Stopwatch.GetElapsedTime(began))
            {
                Previews = previewed.Length == 0 ? [] : Preview(previewed, step),
            });
        }
    }

    /// <summary>The pictures that the model predicts at this step: <c>x0</c>, decoded.</summary>
    private RgbImage[] Preview(IReadOnlyList<PictureDenoising> pictures, DenoisingStep step)
    {
        int length = First.Settings.Shape.Length;
        float[] originals = new float[pictures.Count * length];
        for (int i = 0; i < pictures.Count; i++)
        {
            _model.Scheduler.PredictOriginal(step.Timestep, pictures[i].Guided, pictures[i].Latents, originals.AsSpan(i * length, length));
        }
        return Decode(originals);
    }

    private RgbImage[] Decode(PictureDenoising[] pictures, BatchTimes times)
    {
        long began = Stopwatch.GetTimestamp();
        int length = First.Settings.Shape.Length;
        float[] latents = new float[pictures.Length * length];
        for (int i = 0; i < pictures.Length; i++) pictures[i].Latents.CopyTo(latents.AsSpan(i * length, length));
        RgbImage[] images = Decode(latents);
        times.Decoding = Stopwatch.GetElapsedTime(began);
        return images;
    }

    /// <summary>Decodes latents <c>[B, C, H, W]</c>.</summary>
    private RgbImage[] Decode(ReadOnlySpan<float> latents)
    {
        ModelDescription description = _model.Description;
        return _model.Decoder.Decode(latents, First.Settings.Shape, description.VaeScalingFactor, description.VaeFactor, _cancellationToken);
    }
}
