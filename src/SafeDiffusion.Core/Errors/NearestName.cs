namespace SafeDiffusion.Core.Errors;

/// <summary>Finds the known name that somebody most likely meant.</summary>
public static class NearestName
{
    /// <summary>Longer names are not compared: nobody misspells them, and comparing takes the product of the lengths.</summary>
    private const int LongestName = 64;

    /// <summary>The known name that is nearest to a misspelt one; null where none is near: at most a third of its letters are other ones.</summary>
    public static string? Find(string name, IEnumerable<string> known)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(known);
        if (name.Length > LongestName) return null;
        (string Name, int Distance)? nearest = known
            .Where(candidate => candidate.Length <= LongestName)
            .Select(candidate => ((string Name, int Distance)?)(candidate, Distance(Letters(name), Letters(candidate))))
            .MinBy(candidate => candidate!.Value.Distance);
        return nearest is { } found && found.Distance <= Math.Max(1, Letters(found.Name).Length / 3) ? found.Name : null;
    }

    /// <summary>A sentence that asks for the nearest name, with a space before it; empty where none is near.</summary>
    public static string Question(string name, IEnumerable<string> known) => Find(name, known) is { } nearest ? $" Did you mean {nearest}?" : "";

    /// <summary>Names differ in their letters and digits; case, hyphens and underscores are a matter of the place.</summary>
    private static string Letters(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToUpperInvariant();

    /// <summary>How many letters must be put in, left out, replaced, or swapped with the next (Damerau and Levenshtein's restricted distance).</summary>
    private static int Distance(string one, string other)
    {
        int[,] distances = new int[one.Length + 1, other.Length + 1];
        for (int i = 0; i <= one.Length; i++) distances[i, 0] = i;
        for (int j = 0; j <= other.Length; j++) distances[0, j] = j;
        for (int i = 1; i <= one.Length; i++)
        {
            for (int j = 1; j <= other.Length; j++)
            {
                int replaced = distances[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
                distances[i, j] = Math.Min(replaced, 1 + Math.Min(distances[i - 1, j], distances[i, j - 1]));
                bool isSwapped = i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
                if (isSwapped) distances[i, j] = Math.Min(distances[i, j], 1 + distances[i - 2, j - 2]);
            }
        }
        return distances[one.Length, other.Length];
    }
}
