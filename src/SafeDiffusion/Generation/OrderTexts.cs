using SafeDiffusion.Core.Errors;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Protections;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Generation;

/// <summary>The texts of one order as the UNet sees them.</summary>
internal sealed class OrderTexts
{
    /// <summary>The most wordings of one prompt, each of which says one name more as an erasure knows it.</summary>
    private const int MaxRewordings = 100;

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

    /// <summary>Maps a prompt by the policy's erasures, in its order, in the wording in which they read it. Its own states stay what they are: others may share them.</summary>
    /// <exception cref="InvalidRequestException">Two erasures replace one another's names.</exception>
    public (TextStates States, IReadOnlyList<ErasureReport> Erasures) Erase(TextStates prompt)
    {
        TextStates read = prompt;
        HashSet<int> rewording = [];
        for (int asked = 0; Reword(read.Text!) is var (place, reworded); asked++)
        {
            if (asked == MaxRewordings) throw new InvalidRequestException("policy", $"has text erasures that put one another's names into the prompt again and again, \"{reworded.Text}\" among them. Let them become things that none of them erases.");
            if (reworded.Erases) rewording.Add(place);
            read = _cache.Encode(reworded.Text, _handling);
        }
        (TextStates States, IReadOnlyList<ErasureReport> Erasures) erased = Erase(prompt, read, rewording);
        return read == prompt || erased.Erasures.Any(erasure => erasure.Erased) ? erased : Erase(prompt, prompt, rewording);
    }

    private (TextStates States, IReadOnlyList<ErasureReport> Erasures) Erase(TextStates prompt, TextStates read, HashSet<int> rewording)
    {
        List<ErasureReport> erasures = [];
        string? readAs = read == prompt ? null : read.Text!.Text;
        foreach ((int place, TextErasure erasure) in Erasures())
        {
            ErasedText erased = erasure.Erase(read, OfProtection);
            read = erased.States;
            if (rewording.Contains(place)) erased = ErasedText.Of(prompt, read.Values.ToArray(), "the text without the name has the same states") with { Gate = erased.Gate, OpenedBy = erased.OpenedBy };
            erasures.Add(new(place, erased.Tokens > 0, erased.Tokens, erased.Change, erased.Gate, erased.Reason) { OpenedBy = erased.OpenedBy, ReadAs = readAs });
        }
        return (read, erasures);
    }

    /// <summary>The first wording that an erasure asks for, with the erasure's place in the policy; null where none does.</summary>
    private (int Place, TextRewording Reworded)? Reword(TokenizedText text)
    {
        foreach ((int place, TextErasure erasure) in Erasures())
        {
            if (erasure.Reword(text) is { } reworded) return (place, reworded);
        }
        return null;
    }

    private IEnumerable<(int Place, TextErasure Erasure)> Erasures() =>
        _order.Policy.Protections.Index().Where(protection => protection.Item is TextErasure).Select(protection => (protection.Index, (TextErasure)protection.Item));

    private TextStates Encode(string text, SpecialTokenHandling handling)
    {
        TextStates states = _cache.Encode(text, handling);
        _report.AddTextWarnings(states.Text!);
        return states;
    }
}
