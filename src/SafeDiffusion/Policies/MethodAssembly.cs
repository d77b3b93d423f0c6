using System.Reflection;
using System.Runtime.Loader;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Policies;

/// <summary>A file with a user's own methods, in a context of its own: what it needs is looked for beside it, but the library's assemblies are the program's.</summary>
internal sealed class MethodAssembly : AssemblyLoadContext
{
    private readonly AssemblyDependencyResolver _beside;

    private MethodAssembly(string path)
        : base(Path.GetFileName(path)) => _beside = new AssemblyDependencyResolver(path);

    /// <summary>The methods of an assembly.</summary>
    public static IEnumerable<Type> Methods(Assembly assembly) => assembly.GetExportedTypes()
        .Where(type => type.IsSubclassOf(typeof(Protection)) && !type.IsAbstract && type.IsDefined(typeof(ProtectionMethodAttribute)));

    /// <summary>The methods of an assembly's file, at least one.</summary>
    /// <exception cref="InvalidFileException">The file is missing, no .NET assembly, built against another version of the library, or has no method.</exception>
    public static IReadOnlyList<Type> Methods(string path)
    {
        string full = Path.GetFullPath(path);
        if (!File.Exists(full)) throw new InvalidFileException(path, "is not there. Name the .dll that holds the methods.");
        try
        {
            Assembly assembly = new MethodAssembly(full).LoadFromAssemblyPath(full);
            RequireThisVersion(assembly, path);
            Type[] methods = [.. Methods(assembly)];
            return methods.Length > 0 ? methods : throw new InvalidFileException(path, "has no method: no public record with [ProtectionMethod(\"…\")].");
        }
        catch (BadImageFormatException error)
        {
            throw new InvalidFileException(path, "is no .NET assembly.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or TypeLoadException or InvalidOperationException)
        {
            throw new InvalidFileException(path, $"cannot be loaded: {error.Message} What it needs must lie beside it.", error);
        }
    }

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        try
        {
            // The program's own come first: a second copy of the library would have a second Protection, which no catalogue takes.
            return Default.LoadFromAssemblyName(assemblyName);
        }
        catch (IOException)
        {
            return _beside.ResolveAssemblyToPath(assemblyName) is { } file ? LoadFromAssemblyPath(file) : null;
        }
    }

    private static void RequireThisVersion(Assembly assembly, string path)
    {
        AssemblyName library = typeof(Protection).Assembly.GetName();
        AssemblyName? wanted = assembly.GetReferencedAssemblies().FirstOrDefault(reference => reference.Name == library.Name);
        if (wanted is null) throw new InvalidFileException(path, $"has no method: it does not refer to {library.Name}.");
        if (wanted.Version != library.Version)
        {
            throw new InvalidFileException(path, $"is built against {library.Name} {wanted.Version}, and this is {library.Version}. Build it against this version.");
        }
    }
}
