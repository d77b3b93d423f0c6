using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph: what ONNX Runtime itself writes after optimising a fixture: folded constants, fused operators.</summary>
public sealed class SavedByRuntimeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("safediffusion-").FullName;

    public static IEnumerable<object[]> Cases =>
        from name in FixtureCase.Runnable
        from level in new[] { GraphOptimizationLevel.ORT_ENABLE_EXTENDED, GraphOptimizationLevel.ORT_ENABLE_ALL }
        select new object[] { (string)name[0], level };

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_optimised_graph_agrees(string name, GraphOptimizationLevel level)
    {
        FixtureCase fixture = new(name);
        OnnxModelFile optimised = Optimised(fixture.Model, level);
        OnnxModelFile edited = fixture.Instrumented(AttentionFeatures.All, optimised);
        using TestSession session = new(edited, GraphOptimizationLevel.ORT_DISABLE_ALL);
        Dictionary<string, TestTensor> results = session.Run(fixture.Timestep, fixture.Inputs(false, "token_scale", "inhibitor_scale"));
        fixture.AssertClose(fixture.Reference["out_sample_all"], results[fixture.Output]);
        fixture.AssertClose(fixture.Reference["detection_scores_all"], results["detection_scores"]);
        fixture.AssertClose(fixture.Reference["inhibitor_response_all"], results["inhibitor_response"]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private OnnxModelFile Optimised(OnnxModelFile model, GraphOptimizationLevel level)
    {
        string path = Path.Combine(_folder, "model.onnx");
        using SessionOptions options = new() { GraphOptimizationLevel = level, OptimizedModelFilePath = path, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using InferenceSession session = new(model.Path, options);
        foreach (string file in model.ExternalDataFiles)
            File.Copy(Path.Combine(model.Folder, file), Path.Combine(_folder, file));
        return OnnxModelFile.Load(path);
    }
}
