namespace SafeDiffusion.Policies;

/// <summary>The words that a method can be made from (<see cref="ProtectionWords"/>).</summary>
[Flags]
public enum ProtectionWord
{
    /// <summary>None: the method has settings alone, all with defaults.</summary>
    None = 0,

    /// <summary>The concept, as a text.</summary>
    Concept = 1,

    /// <summary>What to move to instead, as a text.</summary>
    Instead = 2,

    /// <summary>The name of published settings.</summary>
    Preset = 4,

    /// <summary>A learned asset's file.</summary>
    Asset = 8,
}
