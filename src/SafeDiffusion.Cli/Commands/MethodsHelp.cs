using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Cli.Commands;

/// <summary>A command whose help names the methods of a command line's own files.</summary>
internal interface IDescribesMethods
{
    /// <exception cref="InvalidFileException">A file is missing, or holds no methods that can be used.</exception>
    void DescribeMethods(ParseResult parsed);
}

/// <summary><c>--help</c>, which reads <c>--methods</c> first.</summary>
internal sealed class MethodsHelp(HelpAction help) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public static HelpOption Option()
    {
        HelpOption option = new();
        option.Action = new MethodsHelp((HelpAction)option.Action!);
        return option;
    }

    public override int Invoke(ParseResult parseResult)
    {
        try
        {
            (parseResult.CommandResult.Command as IDescribesMethods)?.DescribeMethods(parseResult);
        }
        catch (SafeDiffusionException error)
        {
            Terminal.WriteError(error.Message);
            return ExitCode.Of(error);
        }
        return help.Invoke(parseResult);
    }
}
