using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Training.Annotation;

/// <summary>Formula layer: masks, their files and their shares on a coarser grid.</summary>
public sealed class MaskTests
{
    [Fact]
    public void SharesAreTheMeansOfTheCells()
    {
        ConceptMask mask = new(4, 2, [true, true, false, false, true, false, false, true]);
        Assert.Equal([0.75f, 0.25f], mask.Pool(1, 2));
    }

    [Fact]
    public void GridThatDoesNotDivideThePictureIsRefused() => Assert.Throws<ArgumentException>(() => ConceptMask.Empty(4, 2).Pool(1, 3));

    [Fact]
    public void BrightPixelsOfADrawnMaskAreMarked()
    {
        using TemporaryFolder folder = new();
        new RgbImage(2, 1, new byte[] { 255, 255, 255, 100, 100, 100 }).SavePng(folder.File("one.png"));
        FolderAnnotator annotator = new(folder.Path);
        Assert.Equal([true, false], annotator.Annotate("one", new RgbImage(2, 1, new byte[6])).Pixels.ToArray());
        Assert.Equal([false, false], annotator.Annotate("other", new RgbImage(2, 1, new byte[6])).Pixels.ToArray());
    }

    [Fact]
    public void MaskOfAnotherSizeIsRefused()
    {
        using TemporaryFolder folder = new();
        new RgbImage(3, 1, new byte[9]).SavePng(folder.File("one.png"));
        Assert.Contains("3x1", Assert.Throws<InvalidFileException>(() => new FolderAnnotator(folder.Path).Annotate("one", new RgbImage(2, 1, new byte[6]))).Message, StringComparison.Ordinal);
    }
}
