using System.CommandLine;
using System.CommandLine.Parsing;
using SafeDiffusion.Cli;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Fixtures;

namespace Documentation;

/// <summary>Formula layer: the pages' command lines are understood by the tool, and every option is described.</summary>
public sealed class CommandLinePageTests
{
    private static readonly Command _root = Program.CreateRoot();

    public static TheoryData<string> Lines =>
    [
        .. Page.All.SelectMany(page => page.Blocks("sh")).SelectMany(block => block.Split('\n'))
            .Where(line => line.StartsWith("safediffusion ", StringComparison.Ordinal)).Distinct(),
    ];

    public static TheoryData<string> Commands => [.. _root.Subcommands.SelectMany(WithSubcommands)];

    [Theory]
    [MemberData(nameof(Lines))]
    public void EveryCommandLineIsUnderstood(string line)
    {
        ParseResult parsed = _root.Parse(CommandLineParser.SplitCommandLine(line).Skip(1).ToArray());
        Assert.Empty(parsed.Errors);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void EveryOptionIsDescribed(string name)
    {
        string section = Page.Read("docs/cli.md").Section($"`safediffusion {name}`");
        Option[] options = [.. _root.Parse(name.Split(' ')).CommandResult.Command.Options];
        Assert.All(options, option => Assert.Contains($"`{option.Name}`", section, StringComparison.Ordinal));
        string[] known = [.. options.Select(option => option.Name), .. options.SelectMany(option => option.Aliases)];
        Assert.Empty(Page.TableNames(section).Where(described => described.StartsWith('-')).Except(known));
    }

    [Fact]
    public void EveryExitCodeIsDescribed()
    {
        string section = Page.Read("docs/cli.md").Section("Exit codes");
        IEnumerable<object?> codes = typeof(ExitCode).GetFields().Where(field => field.IsLiteral).Select(field => field.GetRawConstantValue());
        Assert.All(codes, code => Assert.Contains($"\n| {code} |", section, StringComparison.Ordinal));
    }

    /// <summary>A command's name and its subcommands', with the names of the commands that they belong to.</summary>
    private static IEnumerable<string> WithSubcommands(Command command) =>
        [command.Name, .. command.Subcommands.SelectMany(WithSubcommands).Select(name => $"{command.Name} {name}")];
}
