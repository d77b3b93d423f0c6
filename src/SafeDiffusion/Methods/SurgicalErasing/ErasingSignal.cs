namespace SafeDiffusion.Methods.SurgicalErasing;

/// <summary>The two erasing signals, as presets of the command line.</summary>
internal enum ErasingSignal
{
    /// <summary>From the concept's own prediction.</summary>
    Explicit,

    /// <summary>From the prompt's prediction with its words' attention taken away.</summary>
    Implicit,
}
