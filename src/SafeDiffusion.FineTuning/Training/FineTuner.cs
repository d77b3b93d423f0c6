using System.Reflection;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.FineTuning.Graphs.Operators;
using SafeDiffusion.FineTuning.Losses;
using SafeDiffusion.FineTuning.Native;
using SafeDiffusion.FineTuning.Optimizing;
using SafeDiffusion.FineTuning.Parameters;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.FineTuned;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Methods.SurgicalErasing;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Training;

/// <summary>Fine-tunes a model's UNet so that a concept is gone from its weights, and gives what has changed.</summary>
public static class FineTuner
{
    private static readonly string _tool = "SafeDiffusion "
        + typeof(FineTuner).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>Fine-tunes. With the same options, seed, processor and threads the result is the same.</summary>
    /// <param name="modelFolder">The model folder, not instrumented.</param>
    /// <param name="options">How.</param>
    /// <param name="erasure">TRCE's first stage, through which the student reads every text; null for the second stage alone. The policy must then hold both.</param>
    /// <param name="progress">Told after every trajectory and every update.</param>
    /// <param name="cancellationToken">Ends the run within one update; the last checkpoint stays.</param>
    /// <returns>The changed weights.</returns>
    /// <exception cref="InvalidRequestException">An option is out of range.</exception>
    /// <exception cref="InvalidFileException">A file is missing, damaged or not of the form that is needed.</exception>
    /// <exception cref="UnsupportedGraphException">The UNet holds a node that cannot be run under autograd.</exception>
    /// <exception cref="AutogradNotAvailableException">libtorch is not there.</exception>
    /// <exception cref="NotFiniteException">A loss or gradient is not finite.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<WeightDelta> RunAsync(
        string modelFolder, FineTuningOptions options, ErasureProjection? erasure = null, IProgress<FineTuningProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        RequireReadable(erasure, options.Method);
        AutogradLibrary.Load(options.Device);
        string file = ModelFiles.Find(modelFolder, "unet") ?? throw new InvalidFileException(modelFolder, "holds no unet/model.onnx");
        OnnxModelFile model = OnnxModelFile.Load(file);
        SafetyPolicy sampling = SamplingPolicy(options);
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(modelFolder, new PipelineOptions().For(sampling), cancellationToken).ConfigureAwait(false);
        SampleSource.RequireWords(pipeline, options);
        string hash = await pipeline.GetWeightsHashAsync(cancellationToken).ConfigureAwait(false);
        if (erasure is not null && erasure.Identity.BaseModelHash != hash) throw new InvalidRequestException("erasure", "was learned with another model. Learn it with this one.");

        IReadOnlyList<string> parameters = ParameterChoice.Of(model, options.EffectiveWeights);
        OnnxModelFile run = options.ImplicitWords.Count == 0 ? model : UNetInstrumentation.Instrument(model, AttentionFeatures.Reweight);
        using UNetGraph unet = new(run, parameters, device: options.Device) { RecomputedPieces = options.RecomputedPieces };
        using AdamW optimizer = new(unet.Graph.Parameters, options.Optimizer);
        string identity = options.Identity($"{hash} {erasure?.Hash}");
        if (options.Checkpoint is { } checkpoint) Checkpoint.Resume(checkpoint, optimizer, identity);

        Trajectories trajectories = await Trajectories.SampleAsync(
            pipeline, options.Prompts, options.Trajectories, options.GuidanceScale, sampling, options, Sampled, cancellationToken).ConfigureAwait(false);
        Trajectories? unconditional = options.Method != FineTuningMethod.Trce ? null : await Trajectories.SampleAsync(
            pipeline, [""], Math.Max(1, options.Trajectories / 4), 1, SafetyPolicy.Empty, options, null, cancellationToken).ConfigureAwait(false);
        Trajectories? retained = options.RetainedPrompts.Count == 0 ? null : await Trajectories.SampleAsync(
            pipeline, options.RetainedPrompts, Math.Max(options.Trajectories, options.RetainedPrompts.Count), options.GuidanceScale, SafetyPolicy.Empty, options, null, cancellationToken).ConfigureAwait(false);
        AssetIdentity asset = new() { Concept = options.Concept, BaseModelHash = hash, Tool = _tool };
        Sheets? sheets = options.Sheets is { } wanted ? new(modelFolder, options, wanted, erasure) : null;
        await Task.Run(TrainAsync, cancellationToken).ConfigureAwait(false);
        return options.Form.Of(Delta(), model);

        WeightDelta Delta() => new(asset, unet.Graph.Parameters.ToDictionary(pair => pair.Key, pair => Checkpoint.ToStored(pair.Value)));

        void Sampled(int count) => progress?.Report(new(count, 0, options.Updates, 0, 0, 0));

        async Task TrainAsync()
        {
            using SampleSource source = new(pipeline, options, trajectories, unconditional, retained);
            IFineTuningLoss loss = LossOf(options, erasure, source);
            await DrawAsync().ConfigureAwait(false);
            while (optimizer.Steps < options.Updates)
            {
                if (cancellationToken.IsCancellationRequested) Keep();
                cancellationToken.ThrowIfCancellationRequested();
                Update(source, loss);
                await DrawAsync().ConfigureAwait(false);
            }
            Keep();
        }

        void Update(SampleSource source, IFineTuningLoss loss)
        {
            using DisposeScope scope = NewDisposeScope();
            TrainingSample sample = source.Draw(optimizer.Steps);
            StepLoss losses = loss.Compute(unet, sample);
            double total = losses.Total.item<float>();
            if (!double.IsFinite(total)) throw new NotFiniteException($"the loss of update {optimizer.Steps + 1} (timestep {sample.Timestep}) is {total}");
            unet.Backward(losses.Total);
            double norm = optimizer.Step(options.RateFalls ? 1 - (double)optimizer.Steps / options.Updates : 1);
            if (optimizer.Steps % options.CheckpointEvery == 0) Keep();
            progress?.Report(new(options.Trajectories, optimizer.Steps, options.Updates, losses.Erase.item<float>(), losses.Preserve.item<float>(), norm) { Retain = losses.Retain?.item<float>() });
        }

        Task DrawAsync() => sheets?.IsDue(optimizer.Steps) == true ? sheets.DrawAsync(optimizer.Steps, Delta(), cancellationToken) : Task.CompletedTask;

        void Keep()
        {
            if (options.Checkpoint is { } path) Checkpoint.Save(path, optimizer, identity);
        }
    }

    /// <summary>The student reads texts as they are drawn with: every text, the empty one included, through one matrix.</summary>
    private static void RequireReadable(ErasureProjection? erasure, FineTuningMethod method)
    {
        if (erasure is null) return;
        if (method != FineTuningMethod.Trce) throw new InvalidRequestException("erasure", "belongs to TRCE; the other methods train the model as it reads texts.");
        if (erasure.Form != ErasureForm.Linear || erasure.IsGated || !erasure.MapsNullCondition)
            throw new InvalidRequestException("erasure", "is gated, a kernel map, or leaves the null condition as it is. Learn one with --method trce --gate none --null-condition.");
    }

    /// <summary>SCE's latents are sampled with its erasing signal, from the first step as the loss knows it; the others' are the original's own.</summary>
    private static SafetyPolicy SamplingPolicy(FineTuningOptions options) => options.Method != FineTuningMethod.Sce
        ? SafetyPolicy.Empty
        : SafetyPolicy.Empty.AddSurgicalErasing(new SurgicalErasingGuidance
        {
            Instructions = [.. SignalOf(options)],
        });

    private static IEnumerable<ErasingInstruction> SignalOf(FineTuningOptions options) => options.ImplicitWords.Count > 0
        ? options.ImplicitWords.Select(word => new ErasingInstruction
        {
            Text = word,
            TokenFactor = (float)options.TokenFactor,
            Scale = (float)options.ImplicitScale,
            LowestTimestep = options.WindowStart,
        })
        : InstructionsOf(options).Select(one => new ErasingInstruction
        {
            Text = one.Text,
            Scale = (float)one.Scale,
            Threshold = (float)options.Quantile,
            LowestTimestep = options.WindowStart,
            WarmupSteps = 0,
        });

    private static IEnumerable<(string Text, double Scale)> InstructionsOf(FineTuningOptions options) =>
        options.Instructions.Count > 0 ? options.Instructions : [(options.Concept, -7.5)];

    private static IFineTuningLoss LossOf(FineTuningOptions options, ErasureProjection? erasure, SampleSource source)
    {
        Tensor? projection = erasure is null ? null : tensor(erasure.Matrix.ToArray(), [erasure.TextWidth, erasure.TextWidth]).DetachFromDisposeScope();
        IFineTuningLoss method = options.Method switch
        {
            FineTuningMethod.Trce => new TrajectoryLoss
            {
                Scale = options.Scale ?? 15,
                Margin = options.Margin,
                PreservationWeight = options.PreservationWeight ?? 100,
                Projection = projection,
            },
            FineTuningMethod.Sce => new SurgicalLoss(options.ImplicitWords.Count > 0 ? [] : [.. InstructionsOf(options).Select(one => new SignalInstruction(source.Encode(one.Text), one.Scale))])
            {
                Scale = options.Scale ?? 7.5,
                PreservationWeight = options.PreservationWeight ?? 5,
                ImplicitScale = options.ImplicitWords.Count > 0 ? options.ImplicitScale : null,
                Quantile = options.Quantile,
                WindowStart = options.WindowStart,
            },
            _ => new ErasedDiffusionLoss { Scale = options.Scale ?? 1 },
        };
        return options.RetainedPrompts.Count == 0 ? method : new RetainingLoss(method) { Weight = options.RetentionWeight, Projection = projection };
    }
}
