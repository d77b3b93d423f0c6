using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Methods.GrowthInhibitor;

namespace SafeDiffusion.Guidance;

/// <summary>Adapters made by hand.</summary>
internal static class TestAdapter
{
    /// <summary>Answers the same scale to everything.</summary>
    public static ScaleAdapter Constant(int layers, float scale) => Of(layers, tensors => tensors["fc3.bias"][0] = scale);

    /// <summary>All zeros but for what is set.</summary>
    public static ScaleAdapter Of(int layers, Action<Dictionary<string, float[]>> set) =>
        new(new() { Concept = "shapes", BaseModelHash = "none", Tool = "test" }, new SafeTensorsFile(Tensors(layers, set)));

    /// <summary>The six tensors, zeros but for what is set.</summary>
    public static Dictionary<string, StoredTensor> Tensors(int layers, Action<Dictionary<string, float[]>> set)
    {
        Dictionary<string, float[]> values = new()
        {
            ["fc1.weight"] = new float[64 * layers],
            ["fc1.bias"] = new float[64],
            ["fc2.weight"] = new float[32 * 64],
            ["fc2.bias"] = new float[32],
            ["fc3.weight"] = new float[32],
            ["fc3.bias"] = new float[1],
        };
        set(values);
        int[] inputs = [layers, 64, 32];
        return values.ToDictionary(pair => pair.Key, pair => pair.Key.EndsWith("bias", StringComparison.Ordinal)
            ? StoredTensor.FromSingles(pair.Value, pair.Value.Length)
            : StoredTensor.FromSingles(pair.Value, pair.Value.Length / inputs[pair.Key[2] - '1'], inputs[pair.Key[2] - '1']));
    }
}
