using System.CommandLine;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Training;
using SafeDiffusion.Training.Annotation;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The options that say which pictures a guideline is learned from.</summary>
internal sealed class LearnPictureOptions
{
    private const int CaptionLength = 4096;

    private static readonly GuidelineLearningOptions _defaults = new() { Concept = "" };

    private readonly Option<string?> _prompts = new("--prompts") { Description = "A text file of prompts that draw the concept, one a line (default: made from the concept's words)." };
    private readonly Option<string?> _safePrompts = new("--safe-prompts") { Description = "A text file of prompts that do not, near misses among them (default: made from the concept's words)." };
    private readonly Option<int> _unsafeCount = new("--unsafe-pictures") { Description = "Pictures to draw from --prompts.", DefaultValueFactory = _ => _defaults.UnsafePictures };
    private readonly Option<int> _safeCount = new("--safe-pictures") { Description = "Pictures to draw from --safe-prompts.", DefaultValueFactory = _ => _defaults.SafePictures };
    private readonly Option<string?> _annotator = new("--annotator")
    {
        Description = "What marks the concept in drawn pictures: shapes (the shapes model's world), a folder of drawn masks, or a segmenter (.onnx).",
    };
    private readonly Option<int> _channel = new("--segmenter-channel") { Description = "The segmenter's output channel that stands for the concept." };
    private readonly Option<float> _threshold = new("--segmenter-threshold") { Description = "The segmenter's value above which a pixel is marked." };
    private readonly Option<string?> _images = new("--images") { Description = "A folder of PNG pictures to learn from as well; NAME.txt is the caption of NAME.png." };
    private readonly Option<string?> _masks = new("--masks") { Description = "The folder of their masks, of the same names; a picture with no mask does not show the concept." };
    private readonly Option<int> _steps = new("--steps") { Description = "Denoising steps, whose timesteps are learned.", DefaultValueFactory = _ => GenerationRequest.DefaultSteps };
    private readonly Option<float> _guidance = new("--guidance") { Description = "The guidance scale of drawn pictures.", DefaultValueFactory = _ => GenerationRequest.DefaultGuidanceScale };
    private readonly Option<long> _seed = new("--seed") { Description = "The first drawn picture's seed; also decides what is held out." };

    public void AddTo(Command command)
    {
        Option[] options =
        [
            _prompts, _safePrompts, _unsafeCount, _safeCount, _annotator, _channel, _threshold, _images, _masks, _steps, _guidance, _seed,
        ];
        foreach (Option option in options) command.Options.Add(option);
    }

    /// <summary>The files that are read; null where one was not given.</summary>
    public IEnumerable<string?> Inputs(ParseResult parsed)
    {
        return [parsed.GetValue(_prompts), parsed.GetValue(_safePrompts), .. AnnotatorFile.Inputs(parsed.GetValue(_annotator)), .. OutputPath.FilesBelow(parsed.GetValue(_images)), .. OutputPath.FilesBelow(parsed.GetValue(_masks))];
    }

    /// <summary>Adds the pictures to options that say the rest.</summary>
    /// <exception cref="InvalidRequestException">Options contradict each other.</exception>
    /// <exception cref="InvalidFileException">A file is missing or damaged.</exception>
    public GuidelineLearningOptions Read(ParseResult parsed, GuidelineLearningOptions options)
    {
        bool draws = parsed.GetValue(_annotator) is not null;
        bool brings = parsed.GetValue(_images) is not null;
        if (!draws && !brings) throw new InvalidRequestException("--annotator", "is missing: say what marks the concept in drawn pictures, or bring pictures with --images and --masks.");
        if (!draws && (parsed.GetValue(_prompts) ?? parsed.GetValue(_safePrompts)) is not null) throw new InvalidRequestException("--annotator", "is missing: drawn pictures need it.");
        if (!brings && parsed.GetValue(_masks) is not null) throw new InvalidRequestException("--images", "is missing: --masks belongs to it.");
        return options with
        {
            Prompts = draws ? Lines(parsed.GetValue(_prompts)) ?? ConceptPrompts.Of(options.Concept) : [],
            SafePrompts = draws ? Lines(parsed.GetValue(_safePrompts)) ?? ConceptPrompts.NearMisses(options.Concept) : [],
            UnsafePictures = parsed.GetValue(_unsafeCount),
            SafePictures = parsed.GetValue(_safeCount),
            Annotator = draws ? AnnotatorFile.Load(parsed.GetValue(_annotator)!, options.Concept, parsed.GetValue(_channel), parsed.GetValue(_threshold)) : null,
            Pictures = brings ? Brought(parsed.GetValue(_images)!, parsed.GetValue(_masks)) : [],
            Steps = parsed.GetValue(_steps),
            GuidanceScale = parsed.GetValue(_guidance),
            Seed = parsed.GetValue(_seed),
        };
    }

    private static string[]? Lines(string? file)
    {
        if (file is null) return null;
        string[] lines = PromptFile.Read(file);
        return lines.Length > 0 ? lines : throw new InvalidFileException(file, "holds no line with a text.");
    }

    private static AnnotatedPicture[] Brought(string images, string? masks)
    {
        if (!Directory.Exists(images)) throw new InvalidFileException(images, "is no folder.");
        if (masks is not null && !Directory.Exists(masks)) throw new InvalidFileException(masks, "is no folder.");
        string[] files = [.. Directory.EnumerateFiles(images, "*.png").Order(StringComparer.Ordinal)];
        if (files.Length == 0) throw new InvalidFileException(images, "holds no PNG picture.");
        if (masks is not null) RequirePictures(masks, files);
        return [.. files.Select(file => Load(file, masks))];
    }

    private static AnnotatedPicture Load(string file, string? masks)
    {
        RgbImage image = RgbImage.Load(file, PictureOptions.Codecs);
        string name = Path.GetFileNameWithoutExtension(file);
        ConceptMask mask = masks is null ? ConceptMask.Empty(image.Width, image.Height) : new FolderAnnotator(masks).Annotate(name, image);
        return new AnnotatedPicture(name, image, mask, Caption(Path.ChangeExtension(file, ".txt")));
    }

    /// <summary>A mask without a picture is a slip, most likely in a name.</summary>
    private static void RequirePictures(string masks, string[] files)
    {
        HashSet<string> names = [.. files.Select(file => Path.GetFileName(file))];
        foreach (string mask in Directory.EnumerateFiles(masks, "*.png").Order(StringComparer.Ordinal))
        {
            if (!names.Contains(Path.GetFileName(mask))) throw new InvalidFileException(mask, "is a mask of no picture: there is none of its name.");
        }
    }

    private static string Caption(string file)
    {
        if (!File.Exists(file)) return "";
        string caption = string.Join(' ', PromptFile.Read(file));
        return caption.Length <= CaptionLength ? caption : throw new InvalidFileException(file, $"has {caption.Length} characters; a caption has at most {CaptionLength}.");
    }
}
