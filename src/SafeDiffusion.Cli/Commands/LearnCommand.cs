using System.CommandLine;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion learn</c>: makes the small files that methods need.</summary>
internal sealed class LearnCommand : Command
{
    public LearnCommand() : base("learn", "Learn the small files that methods need.")
    {
        Subcommands.Add(new LearnGuidelineCommand());
        Subcommands.Add(new LearnAdapterCommand());
        Subcommands.Add(new LearnErasureCommand());
    }
}
