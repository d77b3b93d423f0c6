using SafeDiffusion.Model.Text;
using SafeDiffusion.Protections;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Generation;

/// <summary>The texts of one order as the UNet sees them.</summary>
internal sealed class OrderTexts
{
    private readonly PictureOrder _order;
    private readonly TextStatesCache _cache;
    private readonly ReportBuilder _report;
    private readonly SpecialTokenHandling _handling;

    public OrderTexts(PictureOrder order, TextStatesCache cache, ReportBuilder report)
    {
        (_order, _cache, _report) = (order, cache, report);
        _handling = order.KeepSpecialTokens ? SpecialTokenHandling.Keep : SpecialTokenHandling.Escape;
        // What a request wants of its own texts is not for the policy's.
        bool isOfPolicy = order.Policy.Protections.Any(protection => protection.UnconditionalText is not null);
        TextStates negative = Encode(order.NegativePrompt, isOfPolicy ? SpecialTokenHandling.Escape : _handling);
        if (isOfPolicy && Encode(order.Prompt, _handling).Values.SequenceEqual(negative.Values)) report.Warn(PolicyLimits.NegativeIsPrompt);
        Unconditional = order.Policy.Protections.OfType<TextErasure>().Where(erasure => erasure.MapsNullCondition)
            .Aggregate(negative, (states, erasure) => erasure.Erase(states, OfProtection).States);
    }

    /// <summary>The states of the null condition, or of the negative prompt in its place.</summary>
    public TextStates Unconditional { get; }

    /// <summary>A protection's own text. Special tokens in it stay ordinary text, whatever the request wants for its prompt.</summary>
    public TextStates OfProtection(string text) => Encode(text, SpecialTokenHandling.Escape);

    /// <summary>A prompt's own states, before any erasure.</summary>
    public TextStates Prompt(string text) => Encode(text, _handling);

    /// <summary>A prompt that is only tried, of which nobody is told.</summary>
    public TextStates Trial(string text) => Erase(_cache.Encode(text, _handling)).States;

    /// <summary>Maps a prompt by the policy's erasures, in its order. Its own states stay what they are: others may share them.</summary>
    public (TextStates States, IReadOnlyList<ErasureReport> Erasures) Erase(TextStates prompt)
    {
        List<ErasureReport> erasures = [];
        foreach ((int place, Protection protection) in _order.Policy.Protections.Index())
        {
            if (protection is not TextErasure erasure) continue;
            ErasedText erased = erasure.Erase(prompt, OfProtection);
            erasures.Add(new(place, erased.Tokens > 0, erased.Tokens, erased.Change, erased.Gate, erased.Reason) { OpenedBy = erased.OpenedBy });
            prompt = erased.States;
        }
        return (prompt, erasures);
    }

    private TextStates Encode(string text, SpecialTokenHandling handling)
    {
        TextStates states = _cache.Encode(text, handling);
        _report.AddTextWarnings(states.Text!);
        return states;
    }
}
