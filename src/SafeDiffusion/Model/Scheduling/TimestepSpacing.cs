namespace SafeDiffusion.Model.Scheduling;

/// <summary>Which of the T training timesteps N denoising steps visit (Lin et al. 2023, table 2).</summary>
public enum TimestepSpacing
{
    /// <summary><c>k (T/N)</c> with integer division, k = N-1 … 0, plus the steps offset (<c>leading</c>).</summary>
    Leading,

    /// <summary><c>round(T - i T/N) - 1</c>, i = 0 … N-1, halves to even (<c>trailing</c>).</summary>
    Trailing,

    /// <summary>N values evenly from T-1 to 0, rounded halves to even; N = 1 gives 0 (<c>linspace</c>).</summary>
    Linspace,
}
