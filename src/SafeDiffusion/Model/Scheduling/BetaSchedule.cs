namespace SafeDiffusion.Model.Scheduling;

/// <summary>How the betas grow from the first training timestep to the last.</summary>
public enum BetaSchedule
{
    /// <summary>In a straight line (<c>linear</c>).</summary>
    Linear,

    /// <summary>As squares of a straight line between the square roots (<c>scaled_linear</c>); Stable Diffusion.</summary>
    ScaledLinear,
}
