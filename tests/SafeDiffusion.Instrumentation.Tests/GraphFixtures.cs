namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Where the graph fixtures are.</summary>
internal static class GraphFixtures
{
    public static string Root { get; } = FindRoot();

    public static string Model(string name) => Path.Combine(Root, name, "unet", "model.onnx");

    public static string Negative(string name) => Path.Combine(Root, "negative", name, "unet", "model.onnx");

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "tests", "Fixtures", "graphs");
            if (Directory.Exists(candidate))
                return candidate;
        }
        throw new DirectoryNotFoundException("tests/Fixtures/graphs");
    }
}
