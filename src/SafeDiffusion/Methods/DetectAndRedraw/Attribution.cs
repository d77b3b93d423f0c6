using SafeDiffusion.Model.Text;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.DetectAndRedraw;

/// <summary>
/// Finds the words of a prompt that draw what was seen. Spans of it are replaced, a UNet row each, and the one counts whose replacement
/// changes the noise prediction most, and most of that in the cells where the concept was seen: the largest <c>inside² / all</c>, sums of
/// squared differences over those cells and over all. A prompt that has more spans than there are rows is narrowed down: to a part, to a run
/// of words in it, to words of the run.
/// </summary>
/// <param name="text">The prompt.</param>
/// <param name="instead">What is put in the place of words.</param>
/// <param name="change">Measures what replacing words changes.</param>
internal sealed class Attribution(TokenizedText text, InsteadPhrase instead, PredictionChange change)
{
    /// <summary>The most UNet rows of one search.</summary>
    public const int MaxRows = 8;

    /// <summary>The most words of a span.</summary>
    private const int MaxWords = 3;

    /// <summary>In so many parts a long prompt is cut at a time: three of three are the most that eight rows tell apart.</summary>
    private const int Parts = 3;

    private readonly PromptWord[] _words = PromptWord.Of(text);
    private readonly List<(WordSpan Span, float Share)> _tried = [];

    private int RowsLeft => MaxRows - _tried.Count;

    /// <summary>Finds the words and replaces them.</summary>
    /// <returns>The replacement; null where the prompt has no word that may name something.</returns>
    public TextReplacement? Find()
    {
        WordSpan[] spans = [.. SpansIn(new(0, _words.Length))];
        if (spans.Length == 0) return null;
        WordSpan found = spans.Length <= MaxRows ? spans[Best(spans)] : Narrow([.. Runs()]);
        return new(Replaced(found), Words(found), instead.Text, "these words draw what was seen")
        {
            Tried = [.. _tried.Select(tried => new TriedWords(Words(tried.Span), tried.Share))],
        };
    }

    private WordSpan Narrow(WordSpan[] runs)
    {
        while (runs.Length > 1)
        {
            int parts = runs.Length <= RowsLeft ? runs.Length : Math.Min(Parts, RowsLeft);
            if (parts < 2) return Whole(runs);
            WordSpan[][] cut = [.. runs.Chunk((runs.Length + parts - 1) / parts)];
            runs = cut[Best([.. cut.Select(Whole)])];
        }
        // The run itself was tried last but for its neighbours: it is compared by what it gave there.
        (WordSpan Span, float Share) run = _tried.Last(tried => tried.Span == runs[0]);
        WordSpan[] inner = [.. SpansIn(run.Span).Where(span => span != run.Span).OrderByDescending(span => span.Length).Take(RowsLeft)];
        if (inner.Length == 0) return run.Span;
        WordSpan best = inner[Best(inner)];
        return _tried.Last(tried => tried.Span == best).Share > run.Share ? best : run.Span;
    }

    /// <summary>Tries spans, and says which changes most; of equals the first.</summary>
    private int Best(WordSpan[] spans)
    {
        float[] shares = change.Measure([.. spans.Select(Replaced)]);
        _tried.AddRange(spans.Zip(shares));
        return Array.IndexOf(shares, shares.Max());
    }

    /// <summary>Spans of one to three words that neither begin nor end with one that names nothing.</summary>
    private IEnumerable<WordSpan> SpansIn(WordSpan part) =>
        from start in Enumerable.Range(part.Start, part.Length)
        where !_words[start].IsStop
        from end in Enumerable.Range(start + 1, Math.Min(MaxWords, part.End - start))
        where !_words[end - 1].IsStop
        select new WordSpan(start, end);

    /// <summary>Words that follow each other without one between that names nothing, at most three in a run.</summary>
    private IEnumerable<WordSpan> Runs()
    {
        for (int start = 0, end; start < _words.Length; start = Math.Max(end, start + 1))
        {
            end = start;
            while (end < _words.Length && end < start + MaxWords && !_words[end].IsStop) end++;
            if (end > start) yield return new(start, end);
        }
    }

    private static WordSpan Whole(WordSpan[] runs) => new(runs[0].Start, runs[^1].End);

    private TokenSpan Characters(WordSpan span) => new(_words[span.Start].Characters.Start, _words[span.End - 1].Characters.End);

    private string Words(WordSpan span) => text.NormalizedText[Characters(span).Start..Characters(span).End];

    private string Replaced(WordSpan span) => instead.PutInto(text, _words, [Characters(span)]);

    /// <summary>A half-open range of the prompt's words.</summary>
    private readonly record struct WordSpan(int Start, int End)
    {
        public int Length => End - Start;
    }
}
