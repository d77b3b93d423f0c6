using System.Numerics.Tensors;
using SafeDiffusion.Instrumentation.Baking;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>A UNet with an erasure in its weights, in a folder that is gone after the test.</summary>
internal sealed class BakedUNet : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("safediffusion-").FullName;

    public BakedUNet(OnnxModelFile model, TextMatrix matrix)
    {
        foreach (string file in model.ExternalDataFiles) File.Copy(Path.Combine(model.Folder, file), Path.Combine(_folder, file));
        Weights = UNetBaking.Write(model, matrix, Record, Path.Combine(_folder, "model.onnx"));
        Model = OnnxModelFile.Load(Path.Combine(_folder, "model.onnx"));
    }

    public static BakedErasures Record { get; } = new("base", [new BakedErasure("a red triangle", "1234")], "test");

    public OnnxModelFile Model { get; }

    public int Weights { get; }

    /// <summary>The identity, and something of every direction mixed into every other.</summary>
    public static TextMatrix Mixing(int width) => new(Rows(width), width);

    /// <summary>Text states [..., D] as an erasure in a policy maps them: each becomes P e.</summary>
    public static TestTensor Erased(TestTensor text)
    {
        int width = (int)text.Shape[^1];
        float[] rows = Rows(width);
        float[] erased = new float[text.Values.Length];
        for (int i = 0; i < erased.Length; i++)
            erased[i] = TensorPrimitives.Dot<float>(rows.AsSpan(i % width * width, width), text.Values.AsSpan(i / width * width, width));
        return new TestTensor(text.Shape, erased);
    }

    private static float[] Rows(int width)
    {
        Random random = new(11);
        return [.. Enumerable.Range(0, width * width).Select(i => (i % (width + 1) == 0 ? 0.8f : 0) + ((random.NextSingle() - 0.5f) * 2 / MathF.Sqrt(width)))];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
