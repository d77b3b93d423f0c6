using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Settings;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Evaluation.Results;

/// <summary>Formula layer: what a run or a suite names stays in its folder, links included.</summary>
public sealed class PictureFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void ALinkOutOfTheFolderIsNotFollowed()
    {
        if (OperatingSystem.IsWindows()) return;
        Directory.CreateDirectory(_folder.File("run"));
        new RgbImage(1, 1, new byte[3]).SavePng(_folder.File("secret.png"));
        File.CreateSymbolicLink(_folder.File("run/a.png"), _folder.File("secret.png"));
        new RgbImage(1, 1, new byte[3]).SavePng(_folder.File("run/b.png"));
        PictureFolder pictures = new(_folder.File("run"));
        Assert.Equal(1, pictures.Load("b.png").Width);
        foreach (string name in (string[])["a.png", "../secret.png", _folder.File("secret.png"), "b\0.png"]) Assert.Contains("leaves", Assert.Throws<InvalidFileException>(() => pictures.Load(name)).Reason, StringComparison.Ordinal);
        Assert.Contains("through a link", Assert.Throws<InvalidFileException>(() => SettingRules.Locate(_folder.File("run"), "a.png")).Reason, StringComparison.Ordinal);
        Assert.Equal(_folder.File("run/b.png"), SettingRules.Locate(_folder.File("run"), "b.png"));
    }

    public void Dispose() => _folder.Dispose();
}
