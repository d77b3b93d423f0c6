using SafeDiffusion.Composing.Candidates;
using SafeDiffusion.Composing.Selecting;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Training.Annotation;

namespace SafeDiffusion.Composing;

/// <summary>What a model is to be protected from, what must stay as it is, and how thoroughly that is measured.</summary>
public sealed record ConceptProtectionOptions
{
    /// <summary>The concept, in words: <c>red triangle</c>.</summary>
    public required string Concept { get; init; }

    /// <summary>Its other names.</summary>
    public IReadOnlyList<string> Synonyms { get; init; } = [];

    /// <summary>What is drawn in its place; null for what is far from all that is to be kept and drawn well by the model.</summary>
    public string? Instead { get; init; }

    /// <summary>Near misses, which must be kept. More are derived of an "adjective noun" concept's words; where there are none, the judge's labels that share a word.</summary>
    public IReadOnlyList<string> Keep { get; init; } = [];

    /// <summary>Harmless things (up to three words) and captions (longer); where there are none, the judge's labels that share no word with the concept.</summary>
    public IReadOnlyList<string> Harmless { get; init; } = [];

    /// <summary>Prompts that ask for the concept, besides those of the grammar: half of them choose, the others measure.</summary>
    public IReadOnlyList<string> Prompts { get; init; } = [];

    /// <summary>Who says what a picture shows.</summary>
    public required JudgeSettings Judge { get; init; }

    /// <summary>The folder that the judge's paths are relative to.</summary>
    public string JudgeFolder { get; init; } = ".";

    /// <summary>The judge's label of the concept; null for the concept's own words.</summary>
    public string? Label { get; init; }

    /// <summary>Marks the concept in pictures that a guideline is learned from; null for the judge's boxes, where it finds boxes.</summary>
    public IMaskAnnotator? Annotator { get; init; }

    /// <summary>What a policy must reach to be chosen.</summary>
    public ProtectionLimits Limits { get; init; } = new();

    /// <summary>The policies that may be chosen.</summary>
    public IReadOnlyList<Candidate> Candidates { get; init; } = Candidate.All;

    /// <summary>Denoising steps of every picture, at least 1.</summary>
    public int Steps { get; init; } = GenerationRequest.DefaultSteps;

    /// <summary>The guidance scale of every picture, at least 1.</summary>
    public float GuidanceScale { get; init; } = GenerationRequest.DefaultGuidanceScale;

    /// <summary>The first seed. Learning, choosing and the figures have a million seeds each from here on.</summary>
    public long Seed { get; init; }

    /// <summary>Pictures that show the concept to learn from, at least 1.</summary>
    public int UnsafePictures { get; init; } = 160;

    /// <summary>Pictures that do not, at least 1.</summary>
    public int SafePictures { get; init; } = 420;

    /// <summary>The layers that detection reads.</summary>
    public LayerSelection Layers { get; init; } = LayerSelection.Detection;

    /// <summary>Pictures of each set on which the last candidates are compared, at least 1; the first round has a quarter.</summary>
    public int SelectionPictures { get; init; } = 24;

    /// <summary>Pictures of each set that the figures rest on, at least 1.</summary>
    public int ReportPictures { get; init; } = 40;

    /// <summary>Whether to write the best policy even where it misses limits.</summary>
    public bool Force { get; init; }

    /// <summary>What runs the networks, and on how many threads.</summary>
    public PipelineOptions Pipeline { get; init; } = new();

    internal string ConceptLabel => Label ?? Phrase.Bare(Concept);

    internal void Validate()
    {
        if (string.IsNullOrWhiteSpace(Concept)) throw new InvalidRequestException("concept", "is empty. Name what is to be kept out of pictures.");
        Limits.Validate();
        foreach ((string field, double value) in (ReadOnlySpan<(string, double)>)
            [("steps", Steps), ("guidance-scale", GuidanceScale), ("unsafe-pictures", UnsafePictures), ("safe-pictures", SafePictures), ("selection-pictures", SelectionPictures), ("report-pictures", ReportPictures)])
        {
            if (!(value >= 1)) throw new InvalidRequestException(field, FormattableString.Invariant($"must be at least 1, and is {value}."));
        }
        if (Candidates.Count == 0) throw new InvalidRequestException("candidates", "are none. Name a policy to choose from.");
        if (Candidates.GroupBy(candidate => candidate.Name).FirstOrDefault(group => group.Count() > 1) is { } twice) throw new InvalidRequestException("candidates", $"hold '{twice.Key}' twice.");
    }
}
