using SafeDiffusion.Model.Loading;

namespace SafeDiffusion.Bench;

/// <summary>The repository's trained model.</summary>
internal static class ShapesModel
{
    public static LoadedModel Load() => LoadedModel.Load(FindFolder());

    /// <summary>BenchmarkDotNet runs benchmarks from folders below this project's output.</summary>
    public static string FindFolder()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string model = Path.Combine(folder.FullName, "models", "shapes");
            if (Directory.Exists(model)) return model;
        }
        throw new DirectoryNotFoundException("models/shapes is not above the benchmarks' folder.");
    }
}
