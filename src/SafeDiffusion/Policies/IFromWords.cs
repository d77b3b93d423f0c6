using SafeDiffusion.Core.Errors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Policies;

/// <summary>
/// A method that can be made from a few words, as on a command line. A method without it is written into a policy's JSON. Implement the
/// members explicitly: they are of the type, and no settings.
/// </summary>
/// <typeparam name="TSelf">The method's record.</typeparam>
public interface IFromWords<TSelf>
    where TSelf : Protection, IFromWords<TSelf>
{
    /// <summary>The words that it takes; another one that is said is an error, which names the methods that take it.</summary>
    static abstract ProtectionWord Takes { get; }

    /// <summary>The names of its presets, <c>kebab-case</c> (<see cref="ProtectionWords.Names{TPreset}"/>); none by default.</summary>
    static virtual IReadOnlyList<string> Presets => [];

    /// <summary>Makes the method.</summary>
    /// <exception cref="InvalidRequestException">A word is missing or unknown.</exception>
    /// <exception cref="InvalidFileException">The asset's file is missing, damaged, or of another kind.</exception>
    static abstract TSelf FromWords(ProtectionWords words);
}
