using System.Collections.Immutable;
using System.Text.RegularExpressions;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Training.Scales.Labelling;

/// <summary>
/// Reads the concepts that an adapter is learned from. A concept begins with a line <c>[a green star]</c>, the text that is inhibited, and
/// what the judge calls it where that is not the text without its article: <c>[a warning sign] red triangle</c>. Below it stand its prompts,
/// one a line: <c>+</c> before one that holds the concept, <c>-</c> before one that does not. Empty lines and those that begin with <c>#</c>
/// are left out.
/// </summary>
public static partial class ScaleConceptFile
{
    private const int MaxBytes = 4 << 20;
    private const int MaxConcepts = 1000;

    /// <summary>Reads the file.</summary>
    /// <exception cref="InvalidFileException">The file is missing, no text, or not of this form; the message names the line.</exception>
    public static ImmutableArray<ScaleConcept> Read(string path)
    {
        string[] lines = BoundedFile.ReadText(path, MaxBytes).Split('\n');
        List<Draft> drafts = [];
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            if (line[0] == '[') drafts.Add(Begin(line, i + 1));
            else AddPrompt(line, i + 1);
        }
        if (drafts.Count == 0) throw new InvalidFileException(path, "holds no concept. Begin one with its text in brackets: [a green star]");
        if (drafts.Count > MaxConcepts) throw new InvalidFileException(path, $"holds {drafts.Count} concepts; at most {MaxConcepts} are learned from.");
        return [.. drafts.Select(Finish)];

        Draft Begin(string line, int number)
        {
            Match match = Heading().Match(line);
            if (!match.Success) throw Fault(number, "begins a concept and is not [the concept's text], or [its text] the judge's label");
            string text = match.Groups["text"].Value.Trim();
            if (drafts.Find(draft => draft.Text == text) is { } earlier) throw Fault(number, $"begins \"{text}\" again, which line {earlier.Line} has begun; put all of its prompts there");
            string label = match.Groups["label"].Value.Trim();
            return new(text, label.Length > 0 ? label : Article().Replace(text, ""), number);
        }

        void AddPrompt(string line, int number)
        {
            if (line[0] is not ('+' or '-')) throw Fault(number, "begins with neither [ for a concept, + for a prompt that holds it, - for one that does not, nor # for a remark");
            if (drafts.Count == 0) throw Fault(number, "is a prompt of no concept; name the concept above it in brackets: [a green star]");
            string prompt = line[1..].Trim();
            if (prompt.Length == 0) throw Fault(number, "holds no prompt");
            if (prompt.Length > GenerationRequest.MaxTextLength) throw Fault(number, $"holds a prompt of {prompt.Length} characters; at most {GenerationRequest.MaxTextLength} are drawn");
            Draft draft = drafts[^1];
            if (!draft.Known.TryAdd(prompt, number)) throw Fault(number, $"holds the prompt of line {draft.Known[prompt]} again");
            (line[0] == '+' ? draft.Prompts : draft.Harmless).Add(prompt);
        }

        ScaleConcept Finish(Draft draft)
        {
            if (draft.Prompts.Count == 0) throw Fault(draft.Line, $"begins \"{draft.Text}\", of which no prompt with + follows: without one there is no scale to learn");
            if (draft.Harmless.Count == 0) throw Fault(draft.Line, $"begins \"{draft.Text}\", of which no prompt with - follows: without one everything would be inhibited");
            return new(draft.Text, draft.Label, [.. draft.Prompts], [.. draft.Harmless]) { Place = $"{path}, line {draft.Line}" };
        }

        InvalidFileException Fault(int number, string reason) => new(path, $"line {number} {reason}.");
    }

    [GeneratedRegex(@"^\[(?<text>\s*[^\[\]\s][^\[\]]*)\](?<label>[^\[\]]*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^(an?|the)\s+", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Article();

    private sealed record Draft(string Text, string Label, int Line)
    {
        public List<string> Prompts { get; } = [];

        public List<string> Harmless { get; } = [];

        public Dictionary<string, int> Known { get; } = [];
    }
}
