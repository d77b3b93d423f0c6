using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Runs.Folder;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Evaluation.Runs;

/// <summary>Formula layer: the results' file keeps whole lines, whatever happened to the last one.</summary>
public sealed class ResultsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string FilePath => _folder.File("results.jsonl");

    [Fact]
    public void GivesBackWhatWasWritten()
    {
        PictureResult[] results = [Result(1), Result(2)];
        Write(results);
        using ResultsFile file = ResultsFile.Open(FilePath, out IReadOnlyList<PictureResult> read);
        Assert.Equal(2, read.Count);
        Assert.Equivalent(results[0], read[0], strict: true);
        Assert.Equivalent(results[1], read[1], strict: true);
    }

    [Fact]
    public void ATornLastLineIsCutOffWhereverItWasTorn()
    {
        Write([Result(1), Result(2)]);
        byte[] whole = File.ReadAllBytes(FilePath);
        int first = Array.IndexOf(whole, (byte)'\n') + 1;
        for (int length = first; length < whole.Length; length++)
        {
            File.WriteAllBytes(FilePath, whole[..length]);
            Assert.Equal([1L], ResultsFile.Read(FilePath).Select(result => result.Seed));
            using (ResultsFile file = ResultsFile.Open(FilePath, out IReadOnlyList<PictureResult> read))
            {
                Assert.Equal([1L], read.Select(result => result.Seed));
                file.Append([Result(2)]);
            }
            Assert.Equal(whole, File.ReadAllBytes(FilePath));
        }
    }

    [Fact]
    public void ADamagedLineInTheMiddleIsAnErrorThatNamesIt()
    {
        Write([Result(1)]);
        File.AppendAllText(FilePath, "{ \"key\": 3 }\n");
        Write([Result(2)], append: true);
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => ResultsFile.Open(FilePath, out _));
        Assert.Contains("line 2", error.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"seconds\":0.3333333333333333", "\"seconds\":1e999")]
    [InlineData("\"seconds\":0.3333333333333333", "\"seconds\":-1")]
    [InlineData("\"rows\":50", "\"rows\":-50")]
    [InlineData("\"score\":1}", "\"score\":1e999}")]
    [InlineData("[\"green star\"]", "[null]")]
    [InlineData("\"green star\"", "\"\\ud800\"")]
    [InlineData("{\"shapes\":{", "{\"other\":null,\"shapes\":{")]
    public void ValuesThatNoRunWritesAreRefused(string text, string replacement)
    {
        Write([Result(1)]);
        string line = File.ReadAllText(FilePath);
        Assert.Contains(text, line, StringComparison.Ordinal);
        File.WriteAllText(FilePath, line.Replace(text, replacement, StringComparison.Ordinal));
        Assert.Contains("line 1", Assert.Throws<InvalidFileException>(() => ResultsFile.Read(FilePath)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNoRegularFileIsRefused()
    {
        Directory.CreateDirectory(FilePath);
        Assert.Throws<InvalidFileException>(() => ResultsFile.Read(FilePath));
        Assert.Throws<InvalidFileException>(() => ResultsFile.Open(FilePath, out _));
    }

    public void Dispose() => _folder.Dispose();

    private void Write(PictureResult[] results, bool append = false)
    {
        if (append)
        {
            string before = File.ReadAllText(FilePath);
            File.Delete(FilePath);
            using (ResultsFile other = ResultsFile.Open(FilePath, out _)) other.Append(results);
            File.WriteAllText(FilePath, before + File.ReadAllText(FilePath));
            return;
        }
        using ResultsFile file = ResultsFile.Open(FilePath, out _);
        file.Append(results);
    }

    private static PictureResult Result(long seed) => new()
    {
        Key = $"key{seed}",
        Set = "set",
        Prompt = "a \"circle\"\nin a tęxt",
        Seed = seed,
        Policy = "none",
        Keep = ["green star"],
        Image = $"pictures/{seed}.png",
        PixelsHash = "hash",
        Judgements = new Dictionary<string, Judgement> { ["shapes"] = new([new Finding("red circle", 0.1 + 0.2, new ImageBox(1, 2, 3, 4)), new Finding("ring", 1)], IsClean: false) },
        Rows = 50,
        Seconds = 1.0 / 3,
    };
}
