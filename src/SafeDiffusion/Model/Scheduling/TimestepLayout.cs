using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Model.Scheduling;

/// <summary>Which training timesteps the denoising steps visit, from noisy to clean.</summary>
internal static class TimestepLayout
{
    /// <exception cref="InvalidRequestException">The number of steps is out of range, or leads to a timestep that is.</exception>
    public static int[] Create(SchedulerSettings settings, int steps)
    {
        int training = settings.TrainingTimesteps;
        if (steps < 1 || steps > training) throw new InvalidRequestException("steps", $"is {steps}; give 1 to {training}");
        int[] timesteps = [.. Enumerable.Range(0, steps).Select(i => TimestepOf(settings, steps, i))];
        if (timesteps[0] < training) return timesteps;
        throw new InvalidRequestException("steps",
            $"{steps} with steps_offset {settings.StepsOffset} start at timestep {timesteps[0]}, beyond the model's last one, "
            + $"{training - 1}; give fewer steps");
    }

    private static int TimestepOf(SchedulerSettings settings, int steps, int index)
    {
        int training = settings.TrainingTimesteps;
        return settings.TimestepSpacing switch
        {
            TimestepSpacing.Leading => (steps - 1 - index) * (training / steps) + settings.StepsOffset,
            TimestepSpacing.Trailing => Round(training - index * ((double)training / steps)) - 1,
            _ => steps == 1 ? 0 : Round((steps - 1 - index) * ((training - 1.0) / (steps - 1))),
        };
    }

    private static int Round(double value) => (int)Math.Round(value, MidpointRounding.ToEven);
}
