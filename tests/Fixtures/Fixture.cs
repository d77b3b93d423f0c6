using System.Runtime.CompilerServices;

namespace SafeDiffusion.Fixtures;

/// <summary>Paths of the reference values and models that the tests read, in the working tree.</summary>
internal static class Fixture
{
    /// <summary>The repository's root folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The trained shapes model's folder.</summary>
    public static string ShapesModel { get; } = Path.Combine(Root, "models", "shapes");

    /// <summary>The path of a file or folder below tests/Fixtures.</summary>
    public static string Locate(params string[] parts) => Path.Combine([Root, "tests", "Fixtures", .. parts]);

    private static string FindRoot([CallerFilePath] string thisFile = "")
    {
        // Deterministic builds map source paths to "/_/", so the folder of the test assembly is searched first.
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SafeDiffusion.slnx"))) return folder.FullName;
        }
        return Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", ".."));
    }
}
