namespace Fuzz.Engine;

/// <summary>A folder for the files that parsers read by their paths; in memory where the system has such a place.</summary>
internal sealed class Scratch
{
    private const string Memory = "/dev/shm";

    private static readonly string _root = Create();

    private readonly string _path;

    public Scratch(string target)
    {
        _path = Path.Combine(_root, target);
        Directory.CreateDirectory(_path);
    }

    public string Folder => _path;

    /// <summary>Writes a file, and gives its path.</summary>
    public string Write(string name, byte[] bytes)
    {
        string file = Path.Combine(_path, name);
        File.WriteAllBytes(file, bytes);
        return file;
    }

    /// <summary>Copies a file of the repository to a place in the folder.</summary>
    public void Copy(string source, string name)
    {
        string file = Path.Combine(_path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.Copy(source, file, overwrite: true);
    }

    private static string Create()
    {
        string root = Directory.Exists(Memory) ? Path.Combine(Memory, $"safediffusion-fuzz-{Environment.ProcessId}") : Directory.CreateTempSubdirectory("safediffusion-fuzz-").FullName;
        Directory.CreateDirectory(root);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(root, recursive: true);
        return root;
    }
}
