namespace FullSizeModel;

/// <summary>Makes a model folder from a structure: copies the graphs and settings, and fills the weights.</summary>
internal sealed class ModelFolderWriter(string structure, string output)
{
    public static readonly IReadOnlyList<string> Networks = ["text_encoder", "unet", "vae_decoder", "vae_encoder"];

    public bool HasNetwork(string network) => File.Exists(Path.Combine(structure, network, "weights.json"));

    /// <summary>Writes one network's folder, whole or not at all.</summary>
    /// <returns>The weights' size in bytes; null where the folder is there already.</returns>
    public long? Write(string network) => Place(network, folder =>
    {
        string source = Path.Combine(structure, network);
        WeightList list = WeightList.Load(Path.Combine(source, "weights.json"));
        foreach (string file in Directory.EnumerateFiles(source).Where(file => Path.GetFileName(file) != "weights.json"))
            Copy(file, folder);
        WeightFile.Write(Path.Combine(folder, list.File), list, network);
        return list.Bytes;
    });

    /// <summary>Copies a folder of small files under a name.</summary>
    public void CopyFolder(string source, string name) => Place(name, folder =>
    {
        foreach (string file in Directory.EnumerateFiles(source)) Copy(file, folder);
        return 0;
    });

    private long? Place(string name, Func<string, long> write)
    {
        string target = Path.Combine(output, name);
        if (Directory.Exists(target)) return null;
        string temporary = Path.Combine(output, $".{name}.{Environment.ProcessId}.tmp");
        Directory.CreateDirectory(temporary);
        try
        {
            long bytes = write(temporary);
            Directory.Move(temporary, target);
            return bytes;
        }
        finally
        {
            if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
        }
    }

    /// <summary>Copies the contents alone: the structure may be read-only.</summary>
    private static void Copy(string file, string folder)
    {
        using FileStream source = File.OpenRead(file);
        using FileStream target = File.Create(Path.Combine(folder, Path.GetFileName(file)));
        source.CopyTo(target);
    }
}
