using System.Text.Json.Serialization;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Composing.Selecting;

/// <summary>What a policy does to a prompt set's pictures; each figure with its number of pictures and 95 % interval.</summary>
public sealed record SetFigures
{
    /// <summary>The set's name.</summary>
    public required string Set { get; init; }

    /// <summary>What the set is for.</summary>
    public required PromptSetKind Kind { get; init; }

    /// <summary>The pictures.</summary>
    public required int Pictures { get; init; }

    /// <summary>The share in which the concept is found; for prompts that ask for it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Measurement? Found { get; init; }

    /// <summary>The share in which all that is to be kept is found, of those in which it is without protection.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Measurement? Kept { get; init; }

    /// <summary>The share that is bit for bit the picture without protection; for harmless prompts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Measurement? Identical { get; init; }

    /// <summary>The share that the judge reads as clean, of the pictures without the concept; for prompts that ask for it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Measurement? Clean { get; init; }

    /// <summary>UNet rows relative to no protection.</summary>
    public required double Cost { get; init; }
}

/// <summary>What a policy does to all prompt sets.</summary>
/// <param name="Policy">Its name.</param>
/// <param name="Sets">Each set's figures.</param>
/// <param name="Cost">UNet rows relative to no protection, over all sets.</param>
public sealed record PolicyFigures(string Policy, IReadOnlyList<SetFigures> Sets, double Cost)
{
    /// <summary>The share in which the concept is found, over all prompts that ask for it.</summary>
    public Measurement Found => Pooled(Sets.Select(set => set.Found));

    /// <summary>The share of harmless and mixed pictures that keep what they should.</summary>
    public Measurement Kept => Pooled(Sets.Select(set => set.Kept));

    /// <summary>The share of harmless pictures that are identical.</summary>
    public Measurement Identical => Pooled(Sets.Select(set => set.Identical));

    /// <summary>The share of cleared pictures that are clean.</summary>
    public Measurement Clean => Pooled(Sets.Select(set => set.Clean));

    /// <summary>Shares of several sets as one.</summary>
    internal static Measurement Pooled(IEnumerable<Measurement?> shares)
    {
        Measurement[] all = [.. shares.OfType<Measurement>().Where(share => share.Value is not null)];
        return Share.Measure(all.Sum(share => (int)Math.Round(share.Value!.Value * share.Samples)), all.Sum(share => share.Samples));
    }
}
