using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Methods.FineTuned;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Protections;

namespace Documentation;

/// <summary>A folder with a guideline, a projection and a weight delta, of no model, for policies to name.</summary>
public sealed class GuidelineFolder : IDisposable
{
    /// <summary>The guideline's file.</summary>
    public const string File = "red-triangle.guideline.safetensors";

    /// <summary>The projection's file.</summary>
    public const string Projection = "red-triangle.erasure.safetensors";

    /// <summary>The weight delta's file.</summary>
    public const string Delta = "red-triangle.delta.safetensors";

    private readonly TemporaryFolder _folder = new();

    public GuidelineFolder()
    {
        AssetIdentity identity = new() { Concept = "a red triangle", BaseModelHash = "none", Tool = "test" };
        new Guideline(identity, [1, 2], 2, [], LayerSelection.Detection, [new CalibrationBand(0, 0, 1)]) { Redrawing = new([new(700, 1)], [new(800, 1)]), Instead = "a ring" }.Save(_folder.File(File));
        new ErasureProjection(identity, [1, 0, 0, 1], 2) { Names = [new("red triangle", "ring")] }.Save(_folder.File(Projection));
        new WeightDelta(identity, new Dictionary<string, StoredTensor> { ["w"] = StoredTensor.FromSingles([1, 2], 2) }).Save(_folder.File(Delta));
    }

    public string Path => _folder.Path;

    public void Dispose() => _folder.Dispose();
}
