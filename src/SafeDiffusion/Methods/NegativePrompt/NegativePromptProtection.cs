using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.NegativePrompt;

/// <summary>A negative prompt: its encoding takes the null condition's place in classifier-free guidance (baseline "SD + NEG").</summary>
[ProtectionMethod(MethodName, Alias = "negative")]
public sealed record NegativePromptProtection : Protection, IFromWords<NegativePromptProtection>
{
    /// <summary>The method's name in JSON.</summary>
    public const string MethodName = "negative-prompt";

    /// <summary>The text to steer away from.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.Text)]
    public string Text { get; init; } = "";

    [JsonIgnore]
    internal override string? UnconditionalText => Text;

    /// <inheritdoc/>
    public override string Describe() => $"negative prompt \"{Text}\"";

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.RequireText(Text, nameof(Text));
    }

    private protected override ProtectionKind Kind() => ProtectionKind.NullCondition;

    static ProtectionWord IFromWords<NegativePromptProtection>.Takes => ProtectionWord.Concept;

    static NegativePromptProtection IFromWords<NegativePromptProtection>.FromWords(ProtectionWords words) => new() { Text = words.RequireConcept("a negative prompt is a text.") };
}
