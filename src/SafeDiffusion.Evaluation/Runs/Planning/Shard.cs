using System.Globalization;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Evaluation.Runs.Planning;

/// <summary>A part of a run, for one of several machines: every <see cref="Count"/>-th prompt and seed, with all policies.</summary>
/// <param name="Index">Which part, 1 to <paramref name="Count"/>.</param>
/// <param name="Count">How many parts there are.</param>
public readonly record struct Shard(int Index, int Count)
{
    /// <summary>The whole run.</summary>
    public static Shard Whole { get; } = new(1, 1);

    /// <summary>Whether this is the whole run.</summary>
    public bool IsWhole => Count == 1;

    /// <summary>Reads <c>2/3</c>.</summary>
    /// <exception cref="InvalidRequestException">The text is not of that form, or the part is not one of them.</exception>
    public static Shard Parse(string text)
    {
        string[] parts = text.Split('/');
        if (parts.Length == 2 && Number(parts[0]) is { } index && Number(parts[1]) is { } count && index <= count) return new(index, count);
        throw new InvalidRequestException("--shard", $"is '{text}'; write the part and how many there are, as in 2/3.");
    }

    /// <summary>Whether the prompt and seed at a place of the run belongs to this part.</summary>
    public bool Holds(int ordinal) => ordinal % Count == Index - 1;

    /// <inheritdoc/>
    public override string ToString() => $"{Index}/{Count}";

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= 1 ? value : null;
}
