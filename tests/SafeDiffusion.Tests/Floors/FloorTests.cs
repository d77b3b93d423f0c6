using System.Xml.Linq;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Floors;

/// <summary>
/// Formula layer: the arrows between projects and between folders point down only, as docs/architecture.md draws them. Who adds a project,
/// or a folder to SafeDiffusion, gives it a floor here and there.
/// </summary>
public sealed class FloorTests
{
    /// <summary>The projects from the top. Those of one floor do not know each other.</summary>
    private static readonly string[][] _projects =
    [
        ["SafeDiffusion.Cli", "SafeDiffusion.FineTuning.Cli"],
        ["SafeDiffusion.ShapesWorld", "SafeDiffusion.Composing"],
        ["SafeDiffusion.Evaluation", "SafeDiffusion.FineTuning", "SafeDiffusion.Training"],
        ["SafeDiffusion"],
        ["SafeDiffusion.Instrumentation", "SafeDiffusion.ImageSharp"],
        ["SafeDiffusion.Core"],
    ];

    /// <summary>The folders of SafeDiffusion from the top, the project's own first files among them as <c>.</c>; <c>/*</c> is any one folder.</summary>
    private static readonly string[][] _folders =
    [
        ["Baking", "Benchmarking", "Quantizing", "Verification"],
        ["."],
        ["Generation", "Methods/*"],
        ["Methods", "Reporting"],
        ["Policies", "Detection"],
        ["Protections", "Checking", "Model/Loading"],
        ["Model/UNet", "Model/Vae"],
        ["Model", "Model/Text", "Networks"],
        ["Model/Scheduling"],
    ];

    private static readonly (string Name, XDocument Content)[] _projectFiles =
        [.. Directory.EnumerateFiles(Path.Combine(Fixture.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(path => (Path.GetFileNameWithoutExtension(path), XDocument.Load(path)))];

    public static TheoryData<string> Projects => [.. SourceFile.All.Select(file => file.Project).Distinct()];

    [Fact]
    public void ProjectsReferToLowerFloorsOnly()
    {
        foreach ((string name, XDocument content) in _projectFiles)
        {
            Assert.True(Floor(_projects, name) >= 0, $"src/{name} has no floor: give it one in FloorTests and in docs/architecture.md.");
            foreach (string reference in Items(content, "ProjectReference"))
            {
                string to = Path.GetFileNameWithoutExtension(reference.Replace('\\', '/'));
                Assert.True(Floor(_projects, name) < Floor(_projects, to), $"src/{name}/{name}.csproj: {name} -> {to} does not point to a lower floor.");
            }
        }
    }

    [Fact]
    public void FoldersOfSafeDiffusionUseLowerFloorsOnly()
    {
        SourceFile[] files = [.. SourceFile.All.Where(file => file.Project == "SafeDiffusion")];
        Assert.All(files, file => Assert.True(Floor(_folders, Inner(file.Folder)) >= 0, $"{file.Path}: the folder has no floor: give it one in FloorTests and in docs/architecture.md."));
        RequireNone(Arrows.Between(files).Where(arrow => Floor(_folders, Inner(arrow.From)) >= Floor(_folders, Inner(arrow.To))));
    }

    [Theory, MemberData(nameof(Projects))]
    public void NoFoldersStandInACircle(string project)
    {
        Arrow[] arrows = [.. Arrows.Between([.. SourceFile.All.Where(file => file.Project == project)])];
        ILookup<string, string> next = arrows.Select(arrow => (arrow.From, arrow.To)).Distinct().ToLookup(arrow => arrow.From, arrow => arrow.To);
        RequireNone(arrows.Where(arrow => Reachable(arrow.To, next).Contains(arrow.From)));
    }

    [Theory, MemberData(nameof(Projects))]
    public void TheNamespaceIsTheFolder(string project)
    {
        SourceFile[] files = [.. SourceFile.All.Where(file => file.Project == project && file.Namespace.Length > 0)];
        Assert.All(files, file => Assert.True(file.Namespace == Expected(file), $"{file.Path}: the namespace {file.Namespace} should be {Expected(file)}."));
    }

    [Fact]
    public void NoProjectShowsItsInternalsToOneThatShips()
    {
        RequireNone(
            from project in _projectFiles
            from friend in Items(project.Content, "InternalsVisibleTo")
            where _projectFiles.Any(other => other.Name == friend)
            select $"src/{project.Name} shows its internals to {friend}");
    }

    /// <summary>Fails with all that is wrong, a line each.</summary>
    private static void RequireNone(IEnumerable<object> faults)
    {
        string lines = string.Join('\n', faults);
        Assert.True(lines.Length == 0, lines);
    }

    /// <summary>What extends the types that everybody has at hand stands in the root namespace, so that one using brings it all.</summary>
    private static string Expected(SourceFile file)
    {
        bool addsMethod = file.Folder.StartsWith("SafeDiffusion.Methods.", StringComparison.Ordinal) && file.Path.EndsWith("PolicyExtensions.cs", StringComparison.Ordinal);
        bool extendsPictures = file.Path is "src/SafeDiffusion.ImageSharp/ImageCodecsExtensions.cs" or "src/SafeDiffusion.ImageSharp/ImageSharpConversion.cs" or "src/SafeDiffusion.ImageSharp/RgbImageProcessing.cs";
        return addsMethod || extendsPictures ? "SafeDiffusion" : file.Folder;
    }

    /// <summary>Counted from the top; -1 for none.</summary>
    private static int Floor(string[][] floors, string name) => Array.FindIndex(floors, floor => floor.Any(item =>
        item == name || item.EndsWith("/*", StringComparison.Ordinal) && name.LastIndexOf('/') == item.Length - 2 && name.StartsWith(item[..^1], StringComparison.Ordinal)));

    private static string Inner(string folder) => folder == "SafeDiffusion" ? "." : folder["SafeDiffusion.".Length..].Replace('.', '/');

    private static HashSet<string> Reachable(string folder, ILookup<string, string> next)
    {
        HashSet<string> reached = [folder];
        Queue<string> open = new(reached);
        while (open.TryDequeue(out string? from))
        {
            foreach (string to in next[from].Where(reached.Add)) open.Enqueue(to);
        }
        return reached;
    }

    private static IEnumerable<string> Items(XDocument project, string name) => project.Descendants(name).Select(item => (string)item.Attribute("Include")!);
}
