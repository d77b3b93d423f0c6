using System.CommandLine;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Policies;
using SafeDiffusion.Training.Erasing;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion schema</c>: writes the JSON Schema of a file that users write.</summary>
internal sealed class SchemaCommand : Command
{
    private readonly Argument<string> _of = new("of") { Description = "What the schema is of.", HelpName = "policy|suite|erasure", DefaultValueFactory = _ => "policy" };
    private readonly Option<string?> _out = new("--out", "-o") { Description = "The file to write (default: standard output)." };
    private readonly MethodOptions _methods = new();

    public SchemaCommand() : base("schema", "Write the JSON Schema of policies, suites or recipes of erasures, for editors.")
    {
        Arguments.Add(_of);
        _methods.AddTo(this);
        Options.Add(_out);
        SetAction((parsed, _) => Terminal.RunAsync(parsed, () => Task.FromResult(Run(parsed))));
    }

    private int Run(ParseResult parsed)
    {
        string? file = parsed.GetValue(_out);
        if (file is not null)
        {
            OutputPath.RequireWritable([file]);
            OutputPath.RequireNoInput([file], _methods.Files(parsed));
        }
        string schema = parsed.GetRequiredValue(_of).ToLowerInvariant() switch
        {
            "policy" => PolicySchema.Write(_methods.Methods(parsed)),
            "suite" when _methods.Files(parsed).Count > 0 => throw new InvalidRequestException("--methods", "belongs to the schema of policies, which that of suites refers to."),
            "erasure" when _methods.Files(parsed).Count > 0 => throw new InvalidRequestException("--methods", "belongs to the schema of policies, of which that of recipes knows nothing."),
            "erasure" => ErasureRecipe.WriteSchema(),
            "suite" => SuiteSchema.Write(EvaluationFiles.Judges),
            var other => throw new InvalidRequestException("of", $"is '{other}'; known are policy, suite and erasure."),
        };
        if (file is null) Terminal.WriteText(schema);
        else AtomicFile.WriteText(file, schema);
        return ExitCode.Success;
    }
}
