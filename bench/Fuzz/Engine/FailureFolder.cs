namespace Fuzz.Engine;

/// <summary>Where failing inputs are kept: of each kind of failure the first ones, with the line that repeats them.</summary>
internal sealed class FailureFolder(string path)
{
    private const int MostOfAKind = 2;

    private readonly Dictionary<string, int> _kinds = [];

    /// <summary>The file that holds the number of the input that is being read.</summary>
    public string RunningFile(FuzzTarget target, int seed)
    {
        Directory.CreateDirectory(path);
        return Path.Combine(path, $"{target.Name}-{seed}.running");
    }

    public void Keep(FuzzTarget target, int seed, long index, byte[] input, string failure, Exception? error)
    {
        string kind = $"{target.Name}: {failure}";
        int number = _kinds[kind] = _kinds.GetValueOrDefault(kind) + 1;
        if (number > MostOfAKind) return;
        Directory.CreateDirectory(path);
        string file = Path.Combine(path, $"{target.Name}-{seed}-{index}");
        string repeat = $"dotnet run --project bench/Fuzz -c Release -- --target {target.Name} --repro {seed}:{index}";
        File.WriteAllBytes(file + ".input", input);
        File.WriteAllText(file + ".txt", $"{failure}\n{repeat}\n\n{error}\n");
        Console.Error.WriteLine($"{kind}\n  {repeat}");
    }
}
