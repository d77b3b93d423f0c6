namespace SafeDiffusion.Model.Scheduling;

/// <summary>What the UNet predicts.</summary>
public enum PredictionType
{
    /// <summary>The noise (<c>epsilon</c>); Stable Diffusion v1.</summary>
    Epsilon,

    /// <summary>The velocity <c>v = sqrt(abar) e - sqrt(1 - abar) x0</c> (<c>v_prediction</c>; Salimans and Ho 2022).</summary>
    Velocity,
}
