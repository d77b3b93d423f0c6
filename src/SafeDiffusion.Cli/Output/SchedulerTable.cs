using System.Globalization;
using System.Text.Json;
using SafeDiffusion.Model.Scheduling;

namespace SafeDiffusion.Cli.Output;

/// <summary>A scheduler's settings row by row, under their names in <c>scheduler_config.json</c>.</summary>
internal static class SchedulerTable
{
    public static void Write(SchedulerSettings settings)
    {
        TextTable table = new("Scheduler (DDIM)", "setting", "value");
        table.Add("num_train_timesteps", Text(settings.TrainingTimesteps));
        foreach ((string name, string value) in Betas(settings)) table.Add(name, value);
        table.Add("rescale_betas_zero_snr", Text(settings.RescaleBetasZeroSnr));
        table.Add("prediction_type", settings.PredictionType == PredictionType.Velocity ? "v_prediction" : Text(settings.PredictionType));
        table.Add("timestep_spacing", Text(settings.TimestepSpacing));
        table.Add("steps_offset", Text(settings.StepsOffset));
        table.Add("set_alpha_to_one", Text(settings.SetAlphaToOne));
        table.Add("clip_sample", Text(settings.ClipSample));
        if (settings.ClipSample) table.Add("clip_sample_range", Text(settings.ClipSampleRange));
        table.Write();
    }

    private static (string Name, string Value)[] Betas(SchedulerSettings settings) => settings.TrainedBetas is { } betas
        ? [("trained_betas", $"{betas.Count} values, {Text(betas[0])} to {Text(betas[^1])}")]
        : [("beta_schedule", Text(settings.BetaSchedule)), ("beta_start", Text(settings.BetaStart)), ("beta_end", Text(settings.BetaEnd))];

    private static string Text<T>(T value) where T : notnull => value switch
    {
        bool flag => flag ? "true" : "false",
        Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()!),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };
}
