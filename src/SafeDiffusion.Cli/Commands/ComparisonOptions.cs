using System.CommandLine;
using SafeDiffusion.Benchmarking;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The options of <c>bench</c>'s comparison of the plain UNet with ours.</summary>
internal sealed class ComparisonOptions
{
    private readonly Option<bool> _only = new("--only-comparison") { Description = "Compare the UNet's plain export with ours and leave out the loop; only unet/ is needed." };
    private readonly Option<int> _rows = new("--rows") { Description = "Rows of a UNet call in the comparison.", DefaultValueFactory = _ => 2 };
    private readonly Option<int?> _latentSize = new("--latent-size") { Description = "Height and width of the latents in the comparison (default: the model's own)." };

    private readonly Option<string?> _variant = new("--variant")
    {
        Description = "Load and run one variant alone, and print its load time and peak memory as JSON: what bench calls itself with.",
        HelpName = string.Join('|', Enum.GetValues<UNetVariant>().Select(Name)),
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_only);
        command.Options.Add(_rows);
        command.Options.Add(_latentSize);
        command.Options.Add(_variant);
    }

    public bool IsAlone(ParseResult parsed) => parsed.GetValue(_only);

    /// <summary>The one variant asked for; null for the whole comparison.</summary>
    /// <exception cref="InvalidRequestException">The variant is unknown.</exception>
    public UNetVariant? Variant(ParseResult parsed)
    {
        if (parsed.GetValue(_variant) is not { } name) return null;
        foreach (UNetVariant variant in Enum.GetValues<UNetVariant>())
        {
            if (Name(variant) == name) return variant;
        }
        throw new InvalidRequestException("--variant", $"is '{name}'; known are {string.Join(" and ", Enum.GetValues<UNetVariant>().Select(Name))}.");
    }

    /// <exception cref="InvalidRequestException">A number is out of its range.</exception>
    public UNetWorkload Workload(ParseResult parsed, int repeats, int maxSteps)
    {
        UNetWorkload workload = new(parsed.GetValue(_rows), parsed.GetValue(_latentSize), repeats, maxSteps);
        workload.Check();
        return workload;
    }

    public static string Name(UNetVariant variant) => variant.ToString().ToLowerInvariant();
}
