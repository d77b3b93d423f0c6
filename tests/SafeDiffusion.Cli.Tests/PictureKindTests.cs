using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: the kinds of picture that <c>generate</c> starts from and writes, and the files that it refuses to write.</summary>
public sealed class PictureKindTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task APhotographIsCoveredAndWrittenAsJpegAndWebp()
    {
        File.Copy(Fixture.Locate("pictures", "orientation-6.jpg"), _folder.File("photo.png"));
        CliOutcome outcome = await CliProcess.GenerateAsync(
            _folder, "a blue circle", "--init-image", "photo.png", "--width", "64", "--height", "64", "--out", "a.jpg", "--sheet", "a.webp", "--quality", "95", "--quiet");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Equal([0xFF, 0xD8, 0xFF], File.ReadAllBytes(_folder.File("a.jpg"))[..3]);
        RgbImage sheet = RgbImage.Load(_folder.File("a.webp"), ImageCodecs.Default.AddImageSharp());
        Assert.Equal((64, 64), (sheet.Width, sheet.Height));
    }

    [Theory]
    [InlineData("output: would write over policy.json, which is read. Name another file.", "--out", "a.png", "--policy", "policy.json", "--report", "policy.json")]
    [InlineData("a.bmp: is to be written as .bmp, which is no kind of picture that can be written. Name it .png, .jpg, .jpeg or .webp.", "--out", "a.bmp")]
    [InlineData("--quality: has no effect on PNG, which keeps every pixel. Name the picture .jpg or .webp, or leave it out.", "--out", "a.png", "--quality", "80")]
    [InlineData("--quality: must be from 1 to 100, and is 0.", "--out", "a.jpg", "--quality", "0")]
    [InlineData("a: has no extension, which tells the kind of picture to write. Name it .png, .jpg, .jpeg or .webp.", "--out", "a")]
    [InlineData("--init-image: is 23x17, and this model draws multiples of 16 up to 16384. Scale it to 16x16, or have it fitted: --fit pad, crop or scale.", "--out", "a.png", "--init-image", "odd.png")]
    [InlineData("--init-image: is 23x17, and 32x16 was asked for. Scale it to 32x16, or have it fitted: --fit pad, crop or scale.", "--out", "a.png", "--init-image", "odd.png", "--width", "32")]
    [InlineData("--width: must be a multiple of 16 up to 16384 for this model, and is 50. Try 48.", "--out", "a.png", "--init-image", "odd.png", "--width", "50")]
    [InlineData("--fit: is 'stretch'; it must be pad, crop or scale.", "--out", "a.png", "--init-image", "odd.png", "--fit", "stretch")]
    [InlineData("--fit: has no effect without --init-image. Name the picture, or leave it out.", "--out", "a.png", "--fit", "pad")]
    [InlineData("output: would write over odd.png, which is read. Name another file.", "--out", "odd.png", "--init-image", "odd.png")]
    public async Task WhatCannotBeIsRefusedAndNothingIsWritten(string message, params string[] arguments)
    {
        File.Copy(Fixture.Locate("pictures", "baseline.jpg.png"), _folder.File("odd.png"));
        File.WriteAllText(_folder.File("policy.json"), """{ "version": 1, "protections": [] }""");
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, ["a blue circle", .. arguments]);
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Equal(message, outcome.Error.ReplaceLineEndings(" ").Trim().Replace("error: ", "", StringComparison.Ordinal));
        Assert.Equal(2, Directory.GetFiles(_folder.Path).Length);
    }

    [Theory]
    [InlineData("a.JPG", "pad", 32, 16)]
    [InlineData("a.jpeg", "crop", 32, 16)]
    [InlineData("a.WebP", "Scale", 32, 16)]
    public async Task APictureOfAnotherSizeIsFittedAndWrittenByItsExtension(string file, string fit, int width, int height)
    {
        RgbImage odd = new(30, 21, new byte[3 * 30 * 21]);
        odd.SavePng(_folder.File("odd.png"));
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, "a blue circle", "--init-image", "odd.png", "--fit", fit, "--out", file, "--quiet");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.NotEqual(0x89, File.ReadAllBytes(_folder.File(file))[0]);
        RgbImage drawn = RgbImage.Load(_folder.File(file), ImageCodecs.Default.AddImageSharp());
        Assert.Equal((width, height), (drawn.Width, drawn.Height));
    }

    [Fact]
    public void AFileOfTheModelIsNotWrittenOver()
    {
        string network = _folder.File("model.onnx");
        File.WriteAllText(network, "");
        Assert.Throws<InvalidRequestException>(() => Commands.OutputPath.RequireNoInput([network], [], _folder.Path + "/"));
        Commands.OutputPath.RequireNoInput([_folder.File("new.json")], [null], _folder.Path);
    }

    public void Dispose() => _folder.Dispose();
}
