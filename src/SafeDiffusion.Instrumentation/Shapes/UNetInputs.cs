using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>The names of a UNet's latent and text inputs.</summary>
internal sealed record UNetInputs(string Sample, string Text)
{
    private const string SampleName = "sample";
    private const string TextName = "encoder_hidden_states";

    /// <exception cref="GraphNotUnderstoodException">The model has no such inputs; it is not a UNet that is conditioned on text.</exception>
    public static UNetInputs Find(OnnxModelFile model) => new(
        Find(model, SampleName, 4, "latents [batch, channels, height, width]"),
        Find(model, TextName, 3, "text states [batch, tokens, width]"));

    private static string Find(OnnxModelFile model, string name, int rank, string meaning)
    {
        OnnxValue[] floats = [.. model.Inputs.Where(IsFloat)];
        if (floats.FirstOrDefault(input => input.Name == name) is { } named && (named.Dimensions is null || named.Dimensions.Count == rank))
            return named.Name;
        OnnxValue[] alike = [.. floats.Where(input => input.Dimensions?.Count == rank && !AddedNames.All.Contains(input.Name))];
        if (alike.Length == 1)
            return alike[0].Name;
        throw new GraphNotUnderstoodException(model.Path, "", name, $"an input '{name}', {meaning}",
            $"the model has no input {name}; its inputs are: {string.Join("; ", model.Inputs)}");
    }

    private static bool IsFloat(OnnxValue input) =>
        input.ElementType is OnnxElementType.Float32 or OnnxElementType.Float16 or OnnxElementType.BFloat16 or OnnxElementType.Float64;
}
