using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Training.Erasing;

/// <summary>The states of a pair of prompts, token by token: which of the safe prompt's states stands for which of the concept's.</summary>
/// <param name="Concept">The prompt that holds the concept.</param>
/// <param name="Safe">The same with what it becomes.</param>
/// <param name="First">The first token of the name that no harmless prompt has, its last one where all occur; nothing before it tells of the concept.</param>
/// <param name="NameEnd">The position behind the name.</param>
/// <param name="SafeStart">Where its replacement begins.</param>
/// <param name="SafeEnd">The position behind it.</param>
internal sealed record AlignedPair(TextStates Concept, TextStates Safe, int First, int NameEnd, int SafeStart, int SafeEnd)
{
    /// <summary>Finds the name in both; null where one is cut off or not found whole.</summary>
    /// <param name="pair">The prompts.</param>
    /// <param name="encode">Gives a text's states.</param>
    /// <param name="ordinary">The tokens of all harmless prompts.</param>
    public static AlignedPair? Of(PromptPair pair, Func<string, TextStates> encode, IReadOnlySet<int> ordinary)
    {
        TextStates concept = encode(pair.Concept);
        TextStates safe = encode(pair.Safe);
        if (concept.Text is not { IsTruncated: false } read || safe.Text is not { IsTruncated: false } readSafe) return null;
        if (pair.Name is not { } name) return Whole(concept, safe, ordinary);
        if (read.FindSpans(name) is not [var span, ..]) return null;
        TokenSpan replacement = readSafe.FindSpans(pair.Becomes).FirstOrDefault(found => found.Start == span.Start);
        // A name without an article begins one token earlier than one with.
        if (replacement.Length == 0) replacement = readSafe.FindSpans(pair.Becomes).FirstOrDefault(found => Math.Abs(found.Start - span.Start) <= 1);
        if (replacement.Length == 0) return null;
        int first = span.Start;
        while (first < span.End - 1 && ordinary.Contains(read.Ids[first])) first++;
        return new AlignedPair(concept, safe, first, span.End, replacement.Start, replacement.End);
    }

    /// <summary>Nothing in the prompt is a name: from its first token that no harmless prompt has, all of it tells of the concept.</summary>
    private static AlignedPair? Whole(TextStates concept, TextStates safe, IReadOnlySet<int> ordinary)
    {
        int end = concept.Text!.EndPosition;
        int first = 1;
        while (first < end && ordinary.Contains(concept.Text.Ids[first])) first++;
        return first < end ? new AlignedPair(concept, safe, first, end, 1, safe.Text!.EndPosition) : null;
    }

    /// <summary>The concept prompt's own tokens that tell of the concept.</summary>
    public IEnumerable<int> Keywords => Enumerable.Range(First, NameEnd - First);

    /// <summary>The first end-of-text of the concept's prompt.</summary>
    public int End => Concept.Text!.EndPosition;

    /// <summary>The positions that a choice of tokens takes.</summary>
    public IEnumerable<int> Positions(ErasureTokens tokens) => tokens switch
    {
        ErasureTokens.FirstEnd => [End],
        ErasureTokens.Ends => Enumerable.Range(End, Concept.Tokens - End),
        ErasureTokens.Keywords => Keywords,
        _ => Enumerable.Range(First, Concept.Tokens - First),
    };

    /// <summary>The safe prompt's position that stands for one from <see cref="First"/> on: the name's tokens from its end, the rest in turn.</summary>
    public int SafePosition(int position)
    {
        if (position < NameEnd) return Math.Max(SafeStart, SafeEnd - (NameEnd - position));
        return Math.Min(Safe.Tokens - 1, position - NameEnd + SafeEnd);
    }
}
