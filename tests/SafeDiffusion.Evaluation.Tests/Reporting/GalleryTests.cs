using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Reporting.Building;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>Formula layer: galleries show failures first, and pictures come from the run's folder only.</summary>
public sealed class GalleryTests
{
    [Fact]
    public void FailuresComeFirst()
    {
        EvaluationReport report = SmallRun.Build(
        [
            .. SmallRun.Asked,
            SmallRun.Result("undefended", "beside", "c", 1, ["ring"], ["ring", "star"]),
            SmallRun.Result("safe", "beside", "c", 1, [], ["ring", "star"]),
            SmallRun.Result("undefended", "harmless", "d", 1, []),
            SmallRun.Result("safe", "harmless", "d", 1, [], gray: 10),
            SmallRun.Result("undefended", "harmless", "d", 2, []),
            SmallRun.Result("safe", "harmless", "d", 2, [], gray: 100),
        ]);
        Assert.Equal(
            [GalleryReason.ConceptStillThere, GalleryReason.KeptObjectLost, GalleryReason.HarmlessChanged, GalleryReason.NotClean, GalleryReason.FirstOfSet],
            report.Galleries.Select(gallery => gallery.Reason));
        Assert.Equal(("a", 1), Places(report.Galleries[0]).Single());
        Assert.Equal(("c", 1), Places(report.Galleries[1]).Single());
        Assert.Equal([("d", 2), ("d", 1)], Places(report.Galleries[2]));
        Assert.Equal(("a", 2), Places(report.Galleries[3]).Single());
        Assert.Equal([("a", 1), ("c", 1), ("d", 1)], Places(report.Galleries[4]));
        Assert.Equal(["ring", "star"], report.Galleries[1].Rows[0].Pictures[1].Lost);
    }

    [Fact]
    public void SetsTakeTurnsAndTheRestIsCounted()
    {
        SyntheticRun run = new();
        Gallery gallery = ReportBuilder.Build(run.Results, run.Description, run.Load, new ReportOptions { GalleryRows = 3 }).Galleries[0];
        Assert.Equal(["explicit", "implicit", "mixed"], gallery.Rows.Select(row => row.Set));
        Assert.True(gallery.Found > 3);
        Assert.All(gallery.Rows, row => Assert.Equal(run.Description.Policies.Select(policy => policy.Name), row.Pictures.Select(picture => picture.Policy)));
    }

    [Fact]
    public void PicturesComeFromTheFolder()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder.File("pictures"));
        SmallRun.Load("7").SavePng(folder.File("pictures/1.png"));
        Assert.Equal(new RgbColor(7, 7, 7), new PictureFolder(folder.Path).Load("pictures/1.png")[0, 0]);
    }

    [Theory]
    [InlineData("../secret.png")]
    [InlineData("pictures/../../secret.png")]
    [InlineData("..\\secret.png")]
    [InlineData("/secret.png")]
    [InlineData("c:secret.png")]
    public void PicturesOutsideTheFolderAreRefused(string image)
    {
        using TemporaryFolder folder = new();
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => new PictureFolder(folder.Path).Load(image));
        Assert.Contains("leaves the run's folder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingPictureIsNamedAsTheRunNamesIt()
    {
        using TemporaryFolder folder = new();
        Assert.Equal("pictures/1.png", Assert.Throws<InvalidFileException>(() => new PictureFolder(folder.Path).Load("pictures/1.png")).File);
    }

    private static IEnumerable<(string Prompt, long Seed)> Places(Gallery gallery) => gallery.Rows.Select(row => (row.Prompt, row.Seed));
}
