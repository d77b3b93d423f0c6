using System.Globalization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Training.Scales.Labelling;

/// <summary>
/// The best scales as a person saw them: a CSV file with the columns concept, prompt, seed and scale. The learner writes it with empty scales
/// beside contact sheets. Its first line says what the sheets were drawn with, so that scales are not taken for other pictures.
/// </summary>
public sealed class ScaleLabels
{
    /// <summary>Stands for a scale that cannot be told.</summary>
    public const string Untold = "?";

    private const int MaxBytes = 16 << 20;
    private const string Header = "concept,prompt,seed,scale";
    private readonly string _file;
    private readonly string _drawnWith;
    private readonly Dictionary<(string Concept, string Prompt, long Seed), (float? Scale, int Line)> _scales = [];

    private ScaleLabels(string file, string drawnWith) => (_file, _drawnWith) = (file, drawnWith);

    /// <summary>Reads the file.</summary>
    /// <exception cref="InvalidFileException">It is missing, damaged, or a scale is not filled in; the message names the line.</exception>
    public static ScaleLabels Load(string path)
    {
        string[] lines = [.. BoundedFile.ReadText(path, MaxBytes).Split('\n').Select(line => line.TrimEnd('\r'))];
        if (lines.Length < 2 || !lines[0].StartsWith('#')) throw new InvalidFileException(path, "line 1 does not say what the sheets were drawn with. Fill in the file that --sheets writes, and leave its first two lines as they are.");
        if (lines[1].Trim() != Header) throw new InvalidFileException(path, $"line 2 is not '{Header}', separated by commas.");
        // A spreadsheet may have filled the line up with commas, or put it in quotation marks.
        ScaleLabels labels = new(path, lines[0].Trim('#', ' ', ',', '"'));
        for (int i = 2; i < lines.Length; i++)
        {
            if (!string.IsNullOrWhiteSpace(lines[i])) labels.Add(lines[i], i + 1);
        }
        return labels;
    }

    /// <summary>The file's text, with scales still to be filled in.</summary>
    internal static string Template(string drawnWith, IEnumerable<(string Concept, string Prompt, long Seed)> series) =>
        string.Concat([$"# {drawnWith}\n", Header + "\n", .. series.Select(item => $"{Quoted(item.Concept)},{Quoted(item.Prompt)},{item.Seed.ToString(CultureInfo.InvariantCulture)},\n")]);

    /// <summary>Checks that the sheets were drawn as learning is to draw, and that every series has a scale within the grid.</summary>
    /// <exception cref="InvalidFileException">They were not, or one is missing, is not among what is drawn, or is out of range.</exception>
    internal void Require(string drawnWith, IReadOnlyCollection<(string Concept, string Prompt, long Seed)> series, float largest)
    {
        if (_drawnWith != drawnWith) throw new InvalidFileException(_file, $"belongs to sheets drawn with {_drawnWith}; learning is to draw with {drawnWith}. Give the same options, or draw the sheets anew.");
        foreach ((string concept, string prompt, long seed) in series)
        {
            if (!_scales.ContainsKey((concept, prompt, seed))) throw new InvalidFileException(_file, $"has no line for \"{concept}\", the prompt \"{prompt}\" and seed {seed}. Draw the sheets anew with these concepts.");
        }
        HashSet<(string, string, long)> known = [.. series];
        foreach (((string Concept, string Prompt, long Seed) key, (float? scale, int line)) in _scales)
        {
            if (!known.Contains(key)) throw new InvalidFileException(_file, $"line {line} belongs to \"{key.Concept}\", the prompt \"{key.Prompt}\" and seed {key.Seed}, which is not learned from.");
            if (scale > largest) throw new InvalidFileException(_file, $"line {line} has scale {scale.Value.ToString(CultureInfo.InvariantCulture)}, above {largest.ToString(CultureInfo.InvariantCulture)}, the largest that was drawn.");
        }
    }

    /// <summary>A series' scale; null where it could not be told.</summary>
    internal float? Of(string concept, string prompt, long seed) => _scales[(concept, prompt, seed)].Scale;

    private void Add(string text, int line)
    {
        if (Fields(text) is not [var concept, var prompt, var seedText, var scaleText]) throw Fault(line, "has not the four fields concept, prompt, seed and scale");
        if (!long.TryParse(seedText, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seed)) throw Fault(line, $"has the seed '{seedText}', which is no whole number");
        if (!_scales.TryAdd((concept, prompt, seed), (Scale(scaleText.Trim(), line), line))) throw Fault(line, $"is of the same concept, prompt and seed as line {_scales[(concept, prompt, seed)].Line}");
    }

    private float? Scale(string text, int line)
    {
        if (text.Length == 0) throw Fault(line, $"has no scale: fill in the smallest at which the concept is gone and the picture whole, 0 where it never was there, or {Untold} where that cannot be told");
        if (text == Untold) return null;
        bool isScale = float.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out float scale) && scale >= 0 && float.IsFinite(scale);
        return isScale ? scale : throw Fault(line, $"has the scale '{text}', which is neither a number of at least 0, with a point, nor {Untold}");
    }

    private InvalidFileException Fault(int line, string reason) => new(_file, $"line {line} {reason}.");

    private static string Quoted(string field) => field.AsSpan().ContainsAny(",\"") ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;

    /// <summary>The fields of a line, of which some may stand in quotation marks (RFC 4180); null where one does not end.</summary>
    private static List<string>? Fields(string line)
    {
        List<string> fields = [];
        for (int at = 0; at <= line.Length; at++)
        {
            if (at < line.Length && line[at] == '"')
            {
                int end = at + 1;
                while (end < line.Length && (line[end] != '"' || (end + 1 < line.Length && line[end + 1] == '"'))) end += line[end] == '"' ? 2 : 1;
                if (end >= line.Length || (end + 1 < line.Length && line[end + 1] != ',')) return null;
                fields.Add(line[(at + 1)..end].Replace("\"\"", "\"", StringComparison.Ordinal));
                at = end + 1;
            }
            else
            {
                int end = line.IndexOf(',', at);
                if (end < 0) end = line.Length;
                fields.Add(line[at..end]);
                at = end;
            }
        }
        return fields;
    }
}
