using System.Text.Json;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Policies;

/// <summary>What a user says of a protection in a few words; null for what was not said. Errors name the word: <c>concept</c>, <c>instead</c> and so on.</summary>
public sealed record ProtectionWords
{
    /// <summary>The concept, as a text.</summary>
    public string? Concept { get; init; }

    /// <summary>What to move to instead of the concept, as a text.</summary>
    public string? Instead { get; init; }

    /// <summary>The name of published settings, in upper or lower case.</summary>
    public string? Preset { get; init; }

    /// <summary>The path of a learned asset's file.</summary>
    public string? Asset { get; init; }

    /// <summary>Which words were said.</summary>
    public ProtectionWord Said =>
        (Concept is null ? 0 : ProtectionWord.Concept) | (Instead is null ? 0 : ProtectionWord.Instead)
        | (Preset is null ? 0 : ProtectionWord.Preset) | (Asset is null ? 0 : ProtectionWord.Asset);

    /// <summary>The names of an enumeration's values, as <see cref="PresetOr{TPreset}"/> reads them.</summary>
    public static IReadOnlyList<string> Names<TPreset>()
        where TPreset : struct, Enum => [.. Enum.GetValues<TPreset>().Select(Name)];

    /// <summary>The concept.</summary>
    /// <param name="why">Why it is needed, as a sentence's end.</param>
    /// <exception cref="InvalidRequestException">It was not said.</exception>
    public string RequireConcept(string why) => Require(Concept, ProtectionWord.Concept, why);

    /// <summary>What to move to.</summary>
    /// <param name="why">Why it is needed, as a sentence's end.</param>
    /// <exception cref="InvalidRequestException">It was not said.</exception>
    public string RequireInstead(string why) => Require(Instead, ProtectionWord.Instead, why);

    /// <summary>The asset's file.</summary>
    /// <param name="why">Why it is needed, as a sentence's end.</param>
    /// <exception cref="InvalidRequestException">It was not said.</exception>
    public string RequireAsset(string why) => Require(Asset, ProtectionWord.Asset, why);

    /// <summary>The preset that was said, or another.</summary>
    /// <exception cref="InvalidRequestException">There is no such preset.</exception>
    public TPreset PresetOr<TPreset>(TPreset otherwise)
        where TPreset : struct, Enum
    {
        if (Preset is null) return otherwise;
        foreach (TPreset preset in Enum.GetValues<TPreset>())
        {
            if (Name(preset).Equals(Preset, StringComparison.OrdinalIgnoreCase)) return preset;
        }
        throw new InvalidRequestException(NameOf(ProtectionWord.Preset), $"is '{Preset}'; known are {string.Join(", ", Names<TPreset>())}.");
    }

    /// <summary>Every word.</summary>
    internal static IEnumerable<ProtectionWord> Each => Enum.GetValues<ProtectionWord>().Where(word => word != ProtectionWord.None);

    /// <summary>What is true of a method that does not take a word, as a sentence's end.</summary>
    internal static string Without(ProtectionWord word) => word switch
    {
        ProtectionWord.Concept => "is told no concept in words",
        ProtectionWord.Instead => "moves to nothing",
        ProtectionWord.Preset => "has none",
        _ => "needs no file",
    };

    /// <summary>What errors call a word.</summary>
    internal static string NameOf(ProtectionWord word) => Name(word);

    private static string Require(string? value, ProtectionWord word, string why) =>
        value ?? throw new InvalidRequestException(NameOf(word), $"is missing: {why}");

    private static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
