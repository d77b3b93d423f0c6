using System.Text.Json.Nodes;

namespace SafeDiffusion.ProtectionBench;

/// <summary>Model folders that differ in the scheduler.</summary>
internal static class ModelFolder
{
    /// <summary>A copy of a model with another spacing of timesteps: <c>leading</c>, <c>trailing</c> or <c>linspace</c>.</summary>
    public static string WithSpacing(string model, string spacing)
    {
        string copy = Path.Combine(Path.GetTempPath(), $"shapes-{spacing}");
        foreach (string file in Directory.EnumerateFiles(model, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(copy, Path.GetRelativePath(model, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
        string config = Path.Combine(copy, "scheduler", "scheduler_config.json");
        JsonNode settings = JsonNode.Parse(File.ReadAllText(config))!;
        settings["timestep_spacing"] = spacing;
        File.WriteAllText(config, settings.ToJsonString());
        return copy;
    }
}
