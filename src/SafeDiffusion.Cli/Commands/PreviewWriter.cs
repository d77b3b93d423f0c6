using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Cli.Commands;

/// <summary>Writes the previews of a run's steps to a folder.</summary>
internal sealed class PreviewWriter(string folder, int? prompt) : IProgress<GenerationProgress>
{
    public void Report(GenerationProgress value)
    {
        if (value.Previews.Count == 0) return;
        string name = $"{(prompt is null ? "" : $"{prompt}-")}{(value.Redraws == 0 ? "" : $"redraw-{value.Redraws}-")}step-{value.Step:000}.png";
        ContactSheet.Compose(value.Previews, value.Previews.Count).SavePng(Path.Combine(folder, name));
    }
}
