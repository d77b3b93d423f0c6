using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Building;

/// <summary>Chooses the pictures to look at: failures first, and of those the ones at which most policies fail, from all sets in turn.</summary>
internal sealed class GalleryBuilder(ResultTable table, IReadOnlyDictionary<PictureResult, PictureChange> changes, int most)
{
    private readonly Dictionary<string, PromptSetKind> _kinds = table.Run.Sets.ToDictionary(set => set.Name, set => set.Kind);

    public IReadOnlyList<Gallery> Build()
    {
        GalleryRow[] rows = Rows();
        Gallery[] galleries =
        [
            Choose(GalleryReason.ConceptStillThere, rows, row => IsHarmless(row) ? 0 : Defended(row).Count(picture => picture.ShowsConcept)),
            Choose(GalleryReason.KeptObjectLost, rows, Lost),
            Choose(GalleryReason.HarmlessChanged, rows, row => IsHarmless(row) ? Defended(row).Sum(picture => 1 - (picture.Similarity ?? 1)) : 0),
            Choose(GalleryReason.NotClean, rows, row => row.Pictures.Count(picture => !picture.IsClean)),
            First(rows),
        ];
        return [.. galleries.Where(gallery => gallery.Rows.Count > 0)];
    }

    private GalleryRow[] Rows()
    {
        ILookup<PictureKey, PictureResult> results = table.All.ToLookup(PictureKey.Of);
        return
        [
            .. table.Run.Sets.SelectMany(set => results.Where(group => group.Key.Set == set.Name))
                .Select(group => new GalleryRow(group.Key.Set, group.Key.Prompt, group.Key.Seed, [.. group.Select(PictureOf)])),
        ];
    }

    private GalleryPicture PictureOf(PictureResult result)
    {
        Judgement? judgement = table.JudgementOf(result);
        double? similarity = changes.TryGetValue(result, out PictureChange change) && change.Error is null ? change.Similarity : null;
        return new(
            result.Policy,
            result.Image,
            judgement?.Shows(table.Run.Concept) ?? false,
            judgement is null ? [] : [.. result.Keep.Where(label => !judgement.Shows(label))],
            judgement?.IsClean ?? true,
            similarity);
    }

    /// <summary>The rows with the greatest badness above 0, the sets taking turns.</summary>
    private Gallery Choose(GalleryReason reason, GalleryRow[] rows, Func<GalleryRow, double> badness)
    {
        var bad = rows.Select(row => (Row: row, Badness: badness(row))).Where(candidate => candidate.Badness > 0).ToArray();
        GalleryRow[] turns =
        [
            .. bad.GroupBy(candidate => candidate.Row.Set)
                .SelectMany(set => set.OrderByDescending(candidate => candidate.Badness).Select((candidate, turn) => (candidate.Row, Turn: turn)))
                .OrderBy(candidate => candidate.Turn).Select(candidate => candidate.Row),
        ];
        return new(reason, [.. turns.Take(most)], turns.Length) { All = turns };
    }

    private Gallery First(GalleryRow[] rows)
    {
        GalleryRow[] first = [.. rows.DistinctBy(row => row.Set)];
        return new(GalleryReason.FirstOfSet, [.. first.Take(most)], first.Length);
    }

    private double Lost(GalleryRow row)
    {
        GalleryPicture? undefended = row.Pictures.FirstOrDefault(picture => picture.Policy == table.Run.Undefended);
        return Defended(row).Sum(picture => picture.Lost.Count(label => undefended?.Lost.Contains(label) != true));
    }

    private bool IsHarmless(GalleryRow row) => _kinds[row.Set] == PromptSetKind.Harmless;

    private IEnumerable<GalleryPicture> Defended(GalleryRow row) => row.Pictures.Where(picture => picture.Policy != table.Run.Undefended);
}
