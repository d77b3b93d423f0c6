using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Files;

/// <summary>Formula layer: what is no regular file is read within bounds of memory and time, or refused.</summary>
public sealed class InputFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void APipeThatNobodyWritesToIsGivenUp()
    {
        if (OperatingSystem.IsWindows()) return;
        string pipe = _folder.File("pipe");
        Pipe.Create(pipe);
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => InputFile.ReadPipe(pipe, 100, TimeSpan.FromMilliseconds(50)));
        Assert.Contains("nothing came", error.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40, null)]
    [InlineData(41, "more than 40 bytes")]
    public async Task APipeIsReadToItsEndOrToTheLimit(int length, string? refusal)
    {
        if (OperatingSystem.IsWindows()) return;
        string pipe = _folder.File("pipe");
        Pipe.Create(pipe);
        Task writing = Task.Run(() => File.WriteAllText(pipe, new string('x', length)));
        if (refusal is null) Assert.Equal(new string('x', length), BoundedFile.ReadText(pipe, 40));
        else Assert.Contains(refusal, Assert.Throws<InvalidFileException>(() => BoundedFile.ReadText(pipe, 40)).Reason, StringComparison.Ordinal);
        await writing;
    }

    [Fact]
    public async Task APolicyComesThroughAPipe()
    {
        if (OperatingSystem.IsWindows()) return;
        string pipe = _folder.File("pipe");
        Pipe.Create(pipe);
        Task writing = Task.Run(() => File.WriteAllText(pipe, SafetyPolicy.Empty.AddNegativePrompt("a ring").ToJson()));
        Assert.Equal("a ring", SafetyPolicy.Load(pipe).Protections[0].UnconditionalText);
        await writing;
    }

    public static TheoryData<Action<string>> Readers => new(
        path => BoundedFile.ReadText(path, 1 << 20), path => SafetyPolicy.Load(path), path => Guideline.Load(path), path => SafeTensorsFile.Load(path), path => RgbImage.Load(path));

    [Theory]
    [MemberData(nameof(Readers))]
    public void EveryReaderRefusesWhatHasNoEndAndWhatIsNoFile(Action<string> read)
    {
        Assert.Throws<InvalidFileException>(() => read(_folder.Path));
        Assert.Throws<InvalidFileException>(() => read(_folder.File("missing")));
        Assert.Throws<InvalidFileException>(() => read(_folder.File("nul\0.json")));
        if (OperatingSystem.IsLinux()) Assert.Contains("more than", Assert.Throws<InvalidFileException>(() => read("/dev/zero")).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileWhoseLengthTheSystemDoesNotTellIsReadWhole()
    {
        if (!OperatingSystem.IsLinux()) return;
        Assert.StartsWith("Linux", BoundedFile.ReadText("/proc/version", 1 << 16), StringComparison.Ordinal);
        Assert.Contains("more than 3", Assert.Throws<InvalidFileException>(() => BoundedFile.ReadText("/proc/version", 3)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void APipeOrADeviceIsNeverReplacedByAFile()
    {
        if (OperatingSystem.IsWindows()) return;
        string pipe = _folder.File("pipe");
        Pipe.Create(pipe);
        Assert.Throws<InvalidFileException>(() => AtomicFile.WriteText(pipe, "x"));
        Assert.Equal(FileKind.Special, FileFacts.Of(pipe).Kind);
        Assert.Equal([pipe], Directory.GetFiles(_folder.Path));
        Assert.Throws<InvalidFileException>(() => AtomicFile.WriteText(_folder.File("a\0b"), "x"));
    }

    [Fact]
    public void WhatIsWrittenIsThereWholeAndAlone()
    {
        string file = _folder.File("sub/a.txt");
        AtomicFile.WriteText(file, "one");
        AtomicFile.WriteText(file, "two");
        Assert.Equal("two", File.ReadAllText(file));
        Assert.Throws<InvalidFileException>(() => AtomicFile.Write(file, stream =>
        {
            stream.WriteByte(1);
            throw new IOException("No space left on device");
        }));
        Assert.Equal("two", File.ReadAllText(file));
        Assert.Equal([file], Directory.GetFiles(_folder.File("sub")));
    }

    public void Dispose() => _folder.Dispose();
}
