using System.Diagnostics;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Generation;

/// <summary>One generation, from the texts of one or several orders to their pictures.</summary>
internal sealed class OrderBatch
{
    private readonly LoadedModel _model;
    private readonly GenerationTools _tools;
    private readonly GuidelineList _guidelines;
    private readonly OrderMember[] _members;
    private readonly Action<DrawingProgress>? _progress;
    private readonly CancellationToken _cancellationToken;

    /// <param name="model">What draws.</param>
    /// <param name="tools">What it draws with.</param>
    /// <param name="orders">What to draw; they agree in shape, timesteps and eta.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellationToken">Ends the generation within one network call.</param>
    public OrderBatch(LoadedModel model, GenerationTools tools, IReadOnlyList<PictureOrder> orders, Action<DrawingProgress>? progress, CancellationToken cancellationToken)
    {
        _model = model;
        _tools = tools;
        TextStatesCache texts = new(model.TextEncoder, cancellationToken);
        _guidelines = new GuidelineList(model.TextEncoder.Width);
        _members = [.. orders.Select(order => new OrderMember(model, tools, order, texts, _guidelines))];
        _progress = progress;
        _cancellationToken = cancellationToken;
    }

    /// <summary>What all members have in common.</summary>
    private PictureOrder First => _members[0].Order;

    public async Task<IReadOnlyList<Drawing>> RunAsync()
    {
        using Activity? activity = Telemetry.Activities.StartActivity("generate");
        _model.RequireUnchanged();
        foreach (OrderMember member in _members) await RequireMatchingAssetsAsync(_model, member.Order.Policy, _cancellationToken).ConfigureAwait(false);
        long began = Stopwatch.GetTimestamp();
        foreach (OrderMember member in _members) member.Begin(_cancellationToken);
        BatchTimes times = new() { Text = Stopwatch.GetElapsedTime(began) };
        RgbImage[] images = Draw(times);

        string hash = await _model.GetWeightsHashAsync(_cancellationToken).ConfigureAwait(false);
        Drawing[] drawings = new Drawing[_members.Length];
        for (int i = 0, first = 0; i < drawings.Length; first += _members[i++].Pictures.Count)
        {
            OrderMember member = _members[i];
            GenerationReport report = member.Report.Build(member.Pictures, hash, times);
            drawings[i] = new(images[first..(first + member.Pictures.Count)], report, member.Recorder?.ToLatents(), member.HeatMaps);
        }
        Telemetry.Images.Add(images.Length);
        Telemetry.Rows.Add(times.Rows);
        Telemetry.Duration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
        return drawings;
    }

    /// <summary>Refuses assets that were learned with another model; only then are the weights' hashes waited for.</summary>
    /// <exception cref="InvalidRequestException">An asset is another model's.</exception>
    public static async Task RequireMatchingAssetsAsync(LoadedModel model, SafetyPolicy policy, CancellationToken cancellationToken)
    {
        string? hash = null;
        foreach (RequiredAsset required in policy.Requirements.Assets)
        {
            if (required.AllowOtherModel) continue;
            // Once for all: it looks at every file of the model.
            hash ??= await model.GetWeightsHashAsync(cancellationToken).ConfigureAwait(false);
            string learnedWith = required.Asset.Identity.BaseModelHash;
            if (learnedWith == hash || learnedWith == await model.GetFloatWeightsHashAsync(cancellationToken).ConfigureAwait(false)) continue;
            throw new InvalidRequestException(
                "policy", $"holds an asset{(required.Asset.Path is { } path ? $" ({Path.GetFileName(path)})" : "")} that was learned with another model "
                + $"({learnedWith[..Math.Min(12, learnedWith.Length)]}, this one is {hash[..12]}{BakedFrom(model, learnedWith)}). Learn it with this model, or set allowOtherModel.");
        }
    }

    /// <summary>An asset of the model before erasures were baked into it is another model's as well: the layers answer otherwise now.</summary>
    private static string BakedFrom(LoadedModel model, string learnedWith) => model.Description.Baked is { } baked && baked.BaseModelHash == learnedWith
        ? $", which is that one with the erasure of {string.Join(", ", baked.Erasures.Select(erasure => $"\"{erasure.Concept}\""))} baked into it"
        : "";

    /// <summary>Draws all pictures; those in which the look at the finished ones has them begun again once more, until none has.</summary>
    private RgbImage[] Draw(BatchTimes times)
    {
        RgbImage[] images = new RgbImage[_members.Sum(member => member.Pictures.Count)];
        IReadOnlyList<PictureDenoising> pictures = Pictures;
        for (int pass = 0; pictures.Count > 0;)
        {
            int[] places = [.. Pictures.Index().Where(picture => pictures.Contains(picture.Item)).Select(picture => picture.Index)];
            pass = Denoise(pictures, pass, times);
            // Those that were begun again stand in the others' places now.
            PictureDenoising[] finished = [.. places.Select(place => Pictures[place])];
            RgbImage[] decoded = Decode(finished, times);
            for (int i = 0; i < places.Length; i++) images[places[i]] = finished[i].Start!.Finish(decoded[i]);
            pictures = LookAtFinished(images, places, pass, times);
        }
        return images;
    }

    private PictureDenoising[] Pictures => [.. _members.SelectMany(member => member.Pictures)];

    /// <returns>The number of the next pass.</returns>
    private int Denoise(IReadOnlyList<PictureDenoising> pictures, int pass, BatchTimes times)
    {
        long began = Stopwatch.GetTimestamp();
        using RowEvaluator evaluator = new(_model.Denoiser, First.Shape, _tools.MaxUNetRows, _guidelines.Embeddings);
        DenoisingLoop loop = new(evaluator, First.Plan, First.Eta);
        int next = loop.Run(pictures, First.Start.FirstStep, pass, AfterStep, _cancellationToken);
        times.Denoising += Stopwatch.GetElapsedTime(began);
        times.UNet += evaluator.NetworkTime;
        times.Rows += evaluator.Rows;
        return next;

        void AfterStep(DenoisingStep step, DenoisingPass pass)
        {
            foreach (OrderMember member in _members)
            {
                member.Recorder?.Record(step.Index, pass);
                if (member.WantHeatMaps(step, pass) is { Length: > 0 } watched) member.KeepHeatMaps(step, pass.Number, watched, Preview(watched, step));
            }
            if (_progress is null) return;
            PictureDenoising[] previewed = [.. _members
                .Where(member => member.Order.PreviewEvery > 0 && (step.Index + 1) % member.Order.PreviewEvery == 0)
                .SelectMany(member => member.Pictures.Where(pass.Pictures.Contains))];
            _progress(new(step.Index + 1, step.Count, times.Rows + evaluator.Rows, times.Denoising + Stopwatch.GetElapsedTime(began), previewed.Length == 0 ? [] : Preview(previewed, step))
            {
                Pass = pass.Number,
                Pictures = pass.Pictures.Count,
            });
        }
    }

    /// <summary>Looks at the finished pictures of policies that detect.</summary>
    /// <param name="images">All pictures.</param>
    /// <param name="places">Those that are new.</param>
    /// <param name="pass">The next pass's number.</param>
    /// <param name="times">What it costs is added here.</param>
    /// <returns>Those that are to be begun again.</returns>
    private IReadOnlyList<PictureDenoising> LookAtFinished(RgbImage[] images, int[] places, int pass, BatchTimes times)
    {
        (OrderMember Member, PictureDenoising Picture, long Seed)[] all =
            [.. _members.SelectMany(member => member.Pictures.Select((picture, index) => (member, picture, member.Order.Seed + index)))];
        FinishedPicture[] watched = [.. places.Where(place => all[place].Member.Order.Policy.Requirements.Detects).Select(place => new FinishedPicture(all[place].Picture, images[place], all[place].Seed))];
        if (watched.Length == 0) return [];
        long began = Stopwatch.GetTimestamp();
        FinalLook look = new(_model, First.Shape, _tools.MaxUNetRows, _guidelines.Embeddings);
        DenoisingStep step = FinalLook.StepAfter(First.Timesteps.Length, _model);
        IReadOnlyList<PictureDenoising> again = look.Look(watched, watched[0].Denoising.Rows.Encode(""), step, _cancellationToken);
        foreach (int place in places.Where(place => all[place].Member.Order.HeatMapEvery > 0 && again.Contains(all[place].Picture)))
        {
            all[place].Member.KeepHeatMaps(step, pass - 1, [all[place].Picture], [images[place]]);
        }
        times.Looking += Stopwatch.GetElapsedTime(began);
        times.Rows += look.Rows;
        return again;
    }

    /// <summary>The pictures that the model predicts at this step: <c>x0</c>, decoded.</summary>
    private RgbImage[] Preview(PictureDenoising[] pictures, DenoisingStep step)
    {
        int length = First.Shape.Length;
        float[] originals = new float[pictures.Length * length];
        for (int i = 0; i < pictures.Length; i++)
        {
            _model.Scheduler.PredictOriginal(step.Timestep, pictures[i].Guided, pictures[i].Latents, originals.AsSpan(i * length, length));
        }
        return Decode(originals);
    }

    private RgbImage[] Decode(PictureDenoising[] pictures, BatchTimes times)
    {
        long began = Stopwatch.GetTimestamp();
        int length = First.Shape.Length;
        float[] latents = new float[pictures.Length * length];
        for (int i = 0; i < pictures.Length; i++) pictures[i].Latents.CopyTo(latents.AsSpan(i * length, length));
        RgbImage[] images = Decode(latents);
        times.Decoding += Stopwatch.GetElapsedTime(began);
        return images;
    }

    /// <summary>Decodes latents <c>[B, C, H, W]</c>.</summary>
    private RgbImage[] Decode(ReadOnlySpan<float> latents)
    {
        ModelDescription description = _model.Description;
        return _model.Decoder.Decode(latents, First.Shape, description.VaeScalingFactor, description.VaeFactor, _cancellationToken);
    }
}
