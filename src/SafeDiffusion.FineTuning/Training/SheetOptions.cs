using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.FineTuning.Training;

/// <summary>
/// Sheets of pictures that show what a run does: a row for each prompt, a column for each seed, drawn with the weights of that update. Each
/// loads the model once more.
/// </summary>
public sealed record SheetOptions
{
    /// <summary>The folder of the sheets, <c>sheet-00050.png</c> and so on; it is made where it is not there.</summary>
    public required string Folder { get; init; }

    /// <summary>The prompts, at least one: some with the concept and some near misses.</summary>
    public required IReadOnlyList<string> Prompts { get; init; }

    /// <summary>After how many updates one is drawn, at least 1; 50 by default. One is drawn before the first and after the last, too.</summary>
    public int Every { get; init; } = 50;

    /// <summary>The seeds, at least one, the same in every sheet.</summary>
    public IReadOnlyList<long> Seeds { get; init; } = [1, 2, 3, 4];

    internal void Validate(FieldCheck check)
    {
        check.RequireText(Folder, nameof(Folder));
        check.RequireAtLeast(Prompts.Count, 1, "Sheets.Prompts");
        check.RequireAtLeast(Seeds.Count, 1, "Sheets.Seeds");
        check.RequireAtLeast(Every, 1, "Sheets.Every");
    }
}
