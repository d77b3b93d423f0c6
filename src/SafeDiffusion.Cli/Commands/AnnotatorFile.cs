using SafeDiffusion.Core.Errors;
using SafeDiffusion.Training.Annotation;

namespace SafeDiffusion.Cli.Commands;

/// <summary>What <c>--annotator</c> names: the shapes model's world, a folder of masks, or a segmenter's file.</summary>
internal static class AnnotatorFile
{
    public const string ShapesWorld = "shapes";

    /// <summary>The files that are read.</summary>
    public static IEnumerable<string> Inputs(string? annotator) => File.Exists(annotator) ? OutputPath.NetworkFiles(annotator) : OutputPath.FilesBelow(annotator);

    /// <exception cref="InvalidRequestException">The shapes model's world has no such concept.</exception>
    /// <exception cref="InvalidFileException">There is no such file, or it is no segmenter.</exception>
    public static IMaskAnnotator Load(string name, string concept, int channel, float threshold)
    {
        if (name == ShapesWorld) return new ShapesAnnotator(concept);
        if (Directory.Exists(name)) return new FolderAnnotator(name);
        if (!File.Exists(name)) throw new InvalidFileException(name, "is no file and no folder; --annotator takes shapes, a folder of masks, or a segmenter.");
        return new OnnxSegmenter(name, channel, threshold);
    }
}
