using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Model.Scheduling;

/// <summary>
/// The noise schedule that a model was trained with, and how to sample it: <c>scheduler/scheduler_config.json</c>, whatever scheduler
/// class that names. What a file leaves out has the default of its class where that clips, ends or begins otherwise than diffusers'
/// <c>DDIMScheduler</c>, and else that one's, which is not what Stable Diffusion uses.
/// </summary>
public sealed record SchedulerSettings
{
    /// <summary>The scheduler files of models have about 500 bytes, and 20 per trained beta.</summary>
    private const int LargestFile = 4 << 20;

    /// <summary>T, the number of training timesteps, 1 to 100000. <c>num_train_timesteps</c>; default 1000.</summary>
    public int TrainingTimesteps { get; init; } = 1000;

    /// <summary>The first beta, above 0 and below 1. <c>beta_start</c>; default 0.0001.</summary>
    public double BetaStart { get; init; } = 0.0001;

    /// <summary>The last beta, above 0 and below 1. <c>beta_end</c>; default 0.02.</summary>
    public double BetaEnd { get; init; } = 0.02;

    /// <summary>How the betas grow. <c>beta_schedule</c>; default linear.</summary>
    public BetaSchedule BetaSchedule { get; init; } = BetaSchedule.Linear;

    /// <summary>The betas themselves, <c>[T]</c>, each within 0 and 1, instead of a schedule. <c>trained_betas</c>; default none.</summary>
    public IReadOnlyList<double>? TrainedBetas { get; init; }

    /// <summary>Whether predicted originals are clipped. <c>clip_sample</c>; default true.</summary>
    public bool ClipSample { get; init; } = true;

    /// <summary>Predicted originals are clipped to plus and minus this, above 0. <c>clip_sample_range</c>; default 1.</summary>
    public float ClipSampleRange { get; init; } = 1;

    /// <summary>Whether the last step ends at abar = 1 instead of that of timestep 0. <c>set_alpha_to_one</c>; default true.</summary>
    public bool SetAlphaToOne { get; init; } = true;

    /// <summary>Added to the timesteps of leading spacing, 0 to T - 1. <c>steps_offset</c>; default 0.</summary>
    public int StepsOffset { get; init; }

    /// <summary>What the UNet predicts. <c>prediction_type</c>; default epsilon.</summary>
    public PredictionType PredictionType { get; init; } = PredictionType.Epsilon;

    /// <summary>Which timesteps are visited. <c>timestep_spacing</c>; default leading.</summary>
    public TimestepSpacing TimestepSpacing { get; init; } = TimestepSpacing.Leading;

    /// <summary>Whether betas are rescaled so that the last timestep is all noise. <c>rescale_betas_zero_snr</c>; default false.</summary>
    public bool RescaleBetasZeroSnr { get; init; }

    /// <summary>Reads a <c>scheduler_config.json</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidFileException">
    /// The file is missing or damaged, or fields have values that are unknown, out of range or not supported; the message names them all.
    /// </exception>
    public static SchedulerSettings Load(string path) => Parse(BoundedFile.ReadText(path, LargestFile), path);

    /// <summary>Reads the content of a <c>scheduler_config.json</c>.</summary>
    /// <param name="json">One JSON object.</param>
    /// <param name="fileName">The name that errors give the file.</param>
    /// <exception cref="InvalidFileException">As for <see cref="Load"/>.</exception>
    public static SchedulerSettings Parse(string json, string fileName) => SchedulerSettingsReader.Read(json, fileName);

    /// <summary>The first setting that is out of range, by its name in the file, and why; null where all is well.</summary>
    internal (string Field, string Reason)? FindFault()
    {
        if (TrainingTimesteps is < 1 or > 100_000) return ("num_train_timesteps", $"is {TrainingTimesteps}; it must be 1 to 100000");
        if (TrainedBetas is { } betas)
        {
            if (betas.Count != TrainingTimesteps) return ("trained_betas", $"holds {betas.Count} values for {TrainingTimesteps} timesteps");
            if (!betas.All(IsBeta)) return ("trained_betas", "holds a value that is not above 0 and below 1");
        }
        if (!IsBeta(BetaStart)) return ("beta_start", $"is {BetaStart}; it must be above 0 and below 1");
        if (!IsBeta(BetaEnd)) return ("beta_end", $"is {BetaEnd}; it must be above 0 and below 1");
        bool isOffset = StepsOffset >= 0 && StepsOffset < TrainingTimesteps;
        if (!isOffset) return ("steps_offset", $"is {StepsOffset}; it must be 0 to {TrainingTimesteps - 1}");
        bool isRange = ClipSampleRange > 0 && float.IsFinite(ClipSampleRange);
        if (!isRange) return ("clip_sample_range", $"is {ClipSampleRange}; it must be above 0");
        if (!Enum.IsDefined(BetaSchedule)) return ("beta_schedule", "is not defined");
        if (!Enum.IsDefined(PredictionType)) return ("prediction_type", "is not defined");
        if (!Enum.IsDefined(TimestepSpacing)) return ("timestep_spacing", "is not defined");
        return null;
    }

    private static bool IsBeta(double value) => value is > 0 and < 1;
}
