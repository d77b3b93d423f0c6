using SafeDiffusion.Composing.Selecting;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Composing.Reporting;

/// <summary>A sheet of pictures without and with the policy, the first prompts of each set: not chosen by what they show.</summary>
internal static class PictureSheet
{
    private const int PerSet = 4;
    private const int Side = 192;
    private const int Pairs = 2;

    public static RgbImage Compose(IReadOnlyList<PictureResult> results, FigureCounter counter, string policy, Func<string, RgbImage> load)
    {
        IEnumerable<PictureResult> shown = results.Where(result => result.Policy == policy).GroupBy(result => result.Set).SelectMany(set => set.DistinctBy(result => result.Prompt).Take(PerSet));
        RgbImage[] cells =
        [
            .. shown.SelectMany(result => new[]
            {
                Caption.Below(Enlarged(load(counter.Undefended(result).Image)), result.Prompt, $"seed {result.Seed}, unprotected"),
                Caption.Below(Enlarged(load(result.Image)), result.Set, Verdict(result, counter)),
            }),
        ];
        return ContactSheet.Compose(cells, 2 * Pairs);
    }

    private static string Verdict(PictureResult result, FigureCounter counter) =>
        counter.Fails(result) ? $"protected: {counter.Reason(result)}" : result.PixelsHash == counter.Undefended(result).PixelsHash ? "protected: identical" : "protected";

    private static RgbImage Enlarged(RgbImage image) => image.Width >= Side ? image : image.Enlarge(Side / image.Width);
}
