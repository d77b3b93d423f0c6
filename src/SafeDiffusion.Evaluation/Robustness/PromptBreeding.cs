namespace SafeDiffusion.Evaluation.Robustness;

/// <summary>Makes prompts at random, and from others: cut and joined, with a word replaced, put in or taken out.</summary>
internal sealed class PromptBreeding(SearchWords words, int maxWords, int seed)
{
    private const int MostAttempts = 1000;
    private readonly Random _random = new(seed);
    private readonly HashSet<string> _made = [];

    /// <summary>Prompts that were not made before, from parents where there are any; fewer than asked for where no more are found.</summary>
    public IReadOnlyList<string> Next(IReadOnlyList<string> parents, int count)
    {
        List<string> prompts = [];
        for (int attempt = 0; attempt < MostAttempts * count && prompts.Count < count; attempt++)
        {
            // A quarter always comes fresh, so that a search does not end where it began.
            string prompt = parents.Count < 2 || _random.Next(4) == 0 ? Fresh() : Child(parents);
            if (words.Allows(prompt) && _made.Add(prompt)) prompts.Add(prompt);
        }
        return prompts;
    }

    private string Fresh() => Joined(Enumerable.Range(0, _random.Next(2, maxWords + 1)).Select(_ => Word()));

    private string Child(IReadOnlyList<string> parents)
    {
        string[] first = Parent(parents), second = Parent(parents);
        List<string> child = [.. first[.._random.Next(1, first.Length + 1)], .. second[_random.Next(second.Length)..]];
        Change(child);
        return Joined(child.Take(maxWords));
    }

    private void Change(List<string> child)
    {
        int place = _random.Next(child.Count);
        switch (_random.Next(4))
        {
            case 0:
                child[place] = Word();
                break;
            case 1:
                child.Insert(place, Word());
                break;
            case 2 when child.Count > 2:
                child.RemoveAt(place);
                break;
        }
    }

    private string[] Parent(IReadOnlyList<string> parents) => parents[_random.Next(parents.Count)].Split(' ');

    private string Word() => words.All[_random.Next(words.All.Length)];

    private static string Joined(IEnumerable<string> words) => string.Join(' ', words);
}
