using System.CommandLine;
using SafeDiffusion.Composing;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.ShapesWorld;
using SafeDiffusion.ShapesWorld.Drawing;
using SafeDiffusion.Training.Annotation;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The options that say what a model is protected from, what must be kept, and who judges.</summary>
internal sealed class ProtectConceptOptions
{
    private const int MostJudgeBytes = 1 << 20;

    private readonly Option<string> _concept = new("--concept") { Description = "The concept, in words, such as \"red triangle\".", Required = true };
    private readonly Option<string[]> _synonyms = new("--synonyms") { Description = "Its other names, separated by commas.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _instead = new("--instead") { Description = "What is drawn in its place (default: a harmless thing that is far from all that is to be kept, and drawn well)." };
    private readonly Option<string?> _keep = new("--keep") { Description = "A text file of near misses, which must be kept, one a line (default: derived of the words)." };
    private readonly Option<string?> _harmless = new("--harmless") { Description = "A text file of harmless things (up to three words) and captions, one a line (default: what else the judge knows)." };
    private readonly Option<string[]> _prompts = new("--prompts") { Description = "Text files of prompts that ask for the concept, besides those that are made.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _judge = new("--judge") { Description = "Who says what a picture shows: shapes (the shapes model's world), or a JSON file as in a suite's judges (docs/evaluation-judges.md)." };
    private readonly Option<string?> _label = new("--label") { Description = "The judge's label of the concept (default: the concept's words)." };
    private readonly Option<string?> _annotator = new("--annotator") { Description = "What marks the concept in pictures to learn from: shapes, a folder of masks, or a segmenter (.onnx) (default: what the judge finds)." };

    public void AddTo(Command command)
    {
        Option[] options = [_concept, _synonyms, _instead, _keep, _harmless, _prompts, _judge, _label, _annotator];
        foreach (Option option in options) command.Options.Add(option);
    }

    /// <summary>The files that are read; null where one was not given.</summary>
    public IEnumerable<string?> Inputs(ParseResult parsed) =>
        [parsed.GetValue(_keep), parsed.GetValue(_harmless), parsed.GetValue(_judge), .. parsed.GetValue(_prompts) ?? [], .. AnnotatorFile.Inputs(parsed.GetValue(_annotator))];

    /// <exception cref="InvalidRequestException">There is no judge, or an option is out of its range.</exception>
    /// <exception cref="InvalidFileException">A file is missing or damaged.</exception>
    public ConceptProtectionOptions Read(ParseResult parsed)
    {
        string concept = parsed.GetRequiredValue(_concept);
        string judge = parsed.GetValue(_judge) ?? throw new InvalidRequestException(
            "--judge", "is missing: without somebody who sees the concept, nothing can be learned or compared. Give shapes for the shapes model, or a JSON file with the settings of a classifier or detector (docs/evaluation-judges.md).");
        bool isShapes = judge == AnnotatorFile.ShapesWorld;
        string? annotator = parsed.GetValue(_annotator) ?? (isShapes ? AnnotatorFile.ShapesWorld : null);
        return new()
        {
            Concept = concept,
            Synonyms = [.. (parsed.GetValue(_synonyms) ?? []).SelectMany(names => names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
            Instead = parsed.GetValue(_instead),
            Keep = Lines(parsed.GetValue(_keep)),
            Harmless = Lines(parsed.GetValue(_harmless)),
            Prompts = [.. (parsed.GetValue(_prompts) ?? []).SelectMany(Lines)],
            Judge = isShapes ? Shapes(parsed.GetValue(_label) ?? concept) : EvaluationFiles.Judges.Parse(BoundedFile.ReadText(judge, MostJudgeBytes)),
            JudgeFolder = isShapes ? "." : FilePath.FolderOf(judge),
            Label = parsed.GetValue(_label),
            Annotator = Annotator(annotator, parsed.GetValue(_label) ?? concept),
        };
    }

    /// <summary>A colour or a shape alone is named by the judge besides the coloured shapes.</summary>
    private static ShapesJudgeSettings Shapes(string concept)
    {
        string word = concept.Trim().ToLowerInvariant();
        return new() { Name = AnnotatorFile.ShapesWorld, Parts = ShapesPalette.Parts.Contains(word) ? [word] : [] };
    }

    private static IMaskAnnotator? Annotator(string? name, string concept) => name is null ? null : AnnotatorFile.Load(name, concept, channel: 0, threshold: 0);

    private static string[] Lines(string? file)
    {
        if (file is null) return [];
        string[] lines = PromptFile.Read(file);
        return lines.Length > 0 ? lines : throw new InvalidFileException(file, "holds no line with a text.");
    }
}
