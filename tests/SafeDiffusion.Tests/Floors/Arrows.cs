namespace SafeDiffusion.Floors;

/// <summary>A folder's code needs another folder's, because one of its files names something there.</summary>
/// <param name="From">The folder that needs, within <c>src</c>.</param>
/// <param name="To">The folder that is needed.</param>
/// <param name="File">The file that names it.</param>
/// <param name="Name">What it names.</param>
internal sealed record Arrow(string From, string To, string File, string Name)
{
    public override string ToString() => $"{File}: {From} -> {To} by {Name}";
}

/// <summary>Finds the arrows between the folders of a project; what other projects a file sees, the compiler says.</summary>
internal static class Arrows
{
    public static IEnumerable<Arrow> Between(IReadOnlyCollection<SourceFile> files)
    {
        Dictionary<string, HashSet<string>> types = files.GroupBy(file => file.Folder)
            .ToDictionary(folder => folder.Key, folder => folder.SelectMany(file => file.Types).ToHashSet());
        return files.SelectMany(file => Of(file, types)).Where(arrow => arrow.From != arrow.To).DistinctBy(arrow => (arrow.File, arrow.To));
    }

    private static IEnumerable<Arrow> Of(SourceFile file, Dictionary<string, HashSet<string>> types)
    {
        foreach (string used in file.Usings)
        {
            if (Target(used, types) is { } folder) yield return new(file.Folder, folder, file.Path, $"using {used}");
        }
        // What the enclosing namespaces hold is seen without a using, by its own name or by the rest of its namespace's.
        for (string outer = file.Folder; ; outer = outer[..outer.LastIndexOf('.')])
        {
            foreach (string name in file.Names)
            {
                string[] parts = name.Split('.');
                for (int i = 0; i < parts.Length; i++)
                {
                    string folder = string.Join('.', parts[..i].Prepend(outer));
                    if (types.TryGetValue(folder, out HashSet<string>? declared) && declared.Contains(parts[i]) && !types[file.Folder].Contains(parts[0]))
                    {
                        yield return new(file.Folder, folder, file.Path, name);
                    }
                }
            }
            if (outer == file.Project) yield break;
        }
    }

    /// <summary>The folder of a namespace, or of the type that a static using or an alias names.</summary>
    private static string? Target(string used, Dictionary<string, HashSet<string>> types)
    {
        if (types.ContainsKey(used)) return used;
        int dot = used.LastIndexOf('.');
        return dot > 0 && types.TryGetValue(used[..dot], out HashSet<string>? declared) && declared.Contains(used[(dot + 1)..]) ? used[..dot] : null;
    }
}
