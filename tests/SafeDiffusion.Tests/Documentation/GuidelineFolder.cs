using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Protections;

namespace Documentation;

/// <summary>A folder with a guideline, of no model, for policies to name.</summary>
public sealed class GuidelineFolder : IDisposable
{
    /// <summary>The guideline's file.</summary>
    public const string File = "red-triangle.guideline.safetensors";

    private readonly TemporaryFolder _folder = new();

    public GuidelineFolder()
    {
        AssetIdentity identity = new() { Concept = "a red triangle", BaseModelHash = "none", Tool = "test" };
        new Guideline(identity, [1, 2], 2, [], LayerSelection.Detection, [new CalibrationBand(0, 0, 1)]).Save(_folder.File(File));
    }

    public string Path => _folder.Path;

    public void Dispose() => _folder.Dispose();
}
