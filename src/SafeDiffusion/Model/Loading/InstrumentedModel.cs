using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Editing;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Model.Loading;

/// <summary>Writes a model folder whose UNet is instrumented, once for all runs.</summary>
public static class InstrumentedModel
{
    /// <summary>Writes the folder whole or not at all. Only the UNet's graph differs from the original.</summary>
    /// <param name="modelFolder">The model folder; it is left as it is.</param>
    /// <param name="outputFolder">The folder to make; one that holds just this already is left as it is.</param>
    /// <param name="options">What to add to the UNet, and where.</param>
    /// <param name="copyWeights">Whether to copy the other files; otherwise both folders share them (hard links, on one drive).</param>
    /// <returns>Whether anything was written.</returns>
    /// <exception cref="InvalidFileException">A file is missing, damaged or cannot be written; or the folder holds something else.</exception>
    /// <exception cref="GraphNotUnderstoodException">The UNet's cross-attention is not understood.</exception>
    /// <exception cref="LayerNotFoundException">A selection of layers fits none.</exception>
    public static bool Write(string modelFolder, string outputFolder, InstrumentationOptions options, bool copyWeights = false)
    {
        ModelFolder model = new(modelFolder);
        byte[] unet = UNetInstrumentation.Instrument(model.LoadNetwork("unet"), options).ToBytes();
        string unetFile = Path.GetRelativePath(model.Path, ModelFiles.Find(model.Path, "unet")!);
        string output = Path.TrimEndingDirectorySeparator(Path.GetFullPath(outputFolder));
        if (Directory.Exists(output))
        {
            string there = Path.Combine(output, unetFile);
            if (File.Exists(there) && File.ReadAllBytes(there).AsSpan().SequenceEqual(unet)) return false;
            throw new InvalidFileException(outputFolder, "exists and holds something else. Remove it, or name another folder.");
        }
        ModelCopy.Write(model, output, copyWeights, path => File.WriteAllBytes(path, unet));
        return true;
    }
}
