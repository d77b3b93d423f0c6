using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Files;

/// <summary>Formula layer: which names are of one file, where a path leads, and whether a file has changed.</summary>
public sealed class FileFactsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void ALinkIsTheFileItLeadsTo()
    {
        if (OperatingSystem.IsWindows()) return;
        string file = Write("a", "text");
        File.CreateSymbolicLink(_folder.File("soft"), file);
        FileFacts facts = FileFacts.Of(file);
        Assert.Equal((FileKind.Regular, 4L), (facts.Kind, facts.Length));
        Assert.Equal(facts, FileFacts.Of(_folder.File("soft")));
        if (OperatingSystem.IsLinux())
        {
            using System.Diagnostics.Process link = System.Diagnostics.Process.Start("ln", [file, _folder.File("hard")]);
            link.WaitForExit();
            Assert.Equal(facts.Identity, FileFacts.Of(_folder.File("hard")).Identity);
        }
        Assert.NotEqual(facts.Identity, FileFacts.Of(Write("b", "text")).Identity);
        Assert.Equal(FileKind.Missing, FileFacts.Of(_folder.File("c")).Kind);
        Assert.Equal(FileKind.Missing, FileFacts.Of(_folder.File("a/c")).Kind);
        Assert.Equal(FileKind.Folder, FileFacts.Of(_folder.Path).Kind);
    }

    [Fact]
    public void LinksAreFollowedAsTheSystemFollowsThem()
    {
        if (OperatingSystem.IsWindows()) return;
        // The system goes to outer/inner first, and up from there; by its text alone the path would stay in the folder.
        Directory.CreateDirectory(_folder.File("outer/inner"));
        Directory.CreateDirectory(_folder.File("suite"));
        string secret = Write("outer/secret", "s");
        Directory.CreateSymbolicLink(_folder.File("suite/way"), _folder.File("outer/inner"));
        File.CreateSymbolicLink(_folder.File("suite/p.txt"), "way/../secret");
        Assert.Equal("s", File.ReadAllText(_folder.File("suite/p.txt")));
        Assert.Equal(RealPath.Of(secret), RealPath.Of(_folder.File("suite/p.txt")));
        Assert.Contains("through a link", InnerPath.Fault(RealPath.Of(_folder.File("suite")), "p.txt", "the suite"), StringComparison.Ordinal);
        File.CreateSymbolicLink(_folder.File("circle"), "circle");
        Assert.Throws<InvalidFileException>(() => RealPath.Of(_folder.File("circle")));
        Assert.Throws<InvalidFileException>(() => RealPath.Of("a\0b"));
    }

    [Fact]
    public void AFileThatChangedIsFound()
    {
        (string one, string two) = (Write("one", "1111"), Write("two", "2222"));
        FileStamps stamps = FileStamps.Of([one, two]);
        Assert.Null(stamps.FindChanged());
        DateTime written = File.GetLastWriteTimeUtc(two);
        File.WriteAllText(two, "3333");
        File.SetLastWriteTimeUtc(two, written.AddSeconds(1));
        Assert.Equal(two, stamps.FindChanged());
        File.Delete(two);
        Assert.Equal(two, stamps.FindChanged());
    }

    public void Dispose() => _folder.Dispose();

    private string Write(string name, string text)
    {
        File.WriteAllText(_folder.File(name), text);
        return _folder.File(name);
    }
}
