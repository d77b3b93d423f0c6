using System.CommandLine;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The option that names files with a user's own methods.</summary>
internal sealed class MethodOptions
{
    private readonly Option<string[]> _files = new("--methods")
    {
        Description = "A .dll with methods of your own, whose code is run: only name what you trust; may be repeated.",
        HelpName = "file",
    };

    public void AddTo(Command command) => command.Options.Add(_files);

    /// <summary>The files that are read.</summary>
    public IReadOnlyList<string> Files(ParseResult parsed) => parsed.GetValue(_files) ?? [];

    /// <summary>The library's methods and those of the files.</summary>
    /// <exception cref="InvalidFileException">A file is missing, or holds no methods that can be used.</exception>
    public MethodCatalogue Methods(ParseResult parsed) => Files(parsed).Aggregate(MethodCatalogue.Default, (methods, file) => methods.WithFile(file));
}
