namespace SafeDiffusion.Model.Loading;

/// <summary>Where a model folder keeps its networks.</summary>
public static class ModelFiles
{
    /// <summary>A network's file: <c>NETWORK/model.onnx</c> as diffusers has it, or <c>NETWORK.onnx</c> where the files lie flat; null where neither is there.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="network">The network's name, such as <c>unet</c>.</param>
    public static string? Find(string folder, string network)
    {
        string[] places = [Path.Combine(folder, network, "model.onnx"), Path.Combine(folder, $"{network}.onnx")];
        return places.FirstOrDefault(File.Exists);
    }
}
