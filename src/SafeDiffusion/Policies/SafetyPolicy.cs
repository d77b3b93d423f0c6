using System.Collections.Immutable;
using System.Text.Json.Nodes;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Policies;

/// <summary>An ordered, immutable list of protections; built in code with the <c>Add…</c> methods or read from JSON, with the same names.</summary>
public sealed class SafetyPolicy
{
    private SafetyPolicy(ImmutableArray<Protection> protections, Remedy? remedy)
    {
        Protections = protections;
        Remedy = remedy;
        Requirements = protections.Aggregate(Requirements.None, (sum, protection) => sum.And(protection.Requirements));
    }

    /// <summary>No protection.</summary>
    public static SafetyPolicy Empty { get; } = new([], null);

    /// <summary>The protections, in the order in which they act.</summary>
    public ImmutableArray<Protection> Protections { get; }

    /// <summary>What to do where a finished picture still shows a concept; null for nothing.</summary>
    public Remedy? Remedy { get; }

    /// <summary>What all protections need together.</summary>
    public Requirements Requirements { get; }

    /// <summary>Adds a protection at the end.</summary>
    /// <exception cref="InvalidPolicyException">A setting is out of range, or the protection contradicts one that is there.</exception>
    public SafetyPolicy Add(Protection protection)
    {
        ArgumentNullException.ThrowIfNull(protection);
        string path = $"protections[{Protections.Length}]";
        protection.Validate(InvalidPolicyException.Check(path));
        if (protection.UnconditionalText is not null && Protections.Any(p => p.UnconditionalText is not null))
        {
            throw new InvalidPolicyException(path, "is a second negative prompt. Join the two texts into one.");
        }
        if (protection is WeightChange && Protections.Any(p => p is WeightChange))
        {
            throw new InvalidPolicyException(path, "is a second weight delta. Fine-tune one after the other, and name the last.");
        }
        if (protection.Requirements.DetectionLayers is { } layers && Requirements.DetectionLayers is { } others && layers != others)
        {
            throw new InvalidPolicyException(path, $"reads the {layers}, but a protection before it the {others}. Learn both guidelines on the same layers.");
        }
        if (protection.Requirements.WaitsForDetection && !Requirements.Detects)
        {
            throw new InvalidPolicyException(path, $"({protection.Method}) acts only when or where a concept is detected, but no protection before it detects. Put detect-and-guide or detection before it, or let it act always and everywhere.");
        }
        return new(Protections.Add(protection), Remedy);
    }

    /// <summary>Says what to do where a finished picture still shows a concept.</summary>
    /// <exception cref="InvalidPolicyException">The action is unknown.</exception>
    public SafetyPolicy WhenStillDetected(RemedialAction action) => WhenStillDetected(new Remedy { Action = action });

    /// <summary>Says what to do where a finished picture still shows a concept.</summary>
    /// <exception cref="InvalidPolicyException">A setting is out of range.</exception>
    public SafetyPolicy WhenStillDetected(Remedy remedy)
    {
        ArgumentNullException.ThrowIfNull(remedy);
        remedy.Validate(InvalidPolicyException.Check("whenStillDetected"));
        return new(Protections, remedy);
    }

    /// <summary>What is on, a line per protection.</summary>
    public string Describe() => string.Join('\n',
    [
        .. Protections.IsEmpty ? ["no protection"] : Protections.Select(protection => protection.Describe()),
        .. Remedy is null ? Array.Empty<string>() : [Remedy.Describe()],
    ]);

    /// <summary>Reads a policy from JSON text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="folder">The folder that paths of assets are relative to, and must stay in; the current one by default.</param>
    /// <param name="methods">The methods that it may name; the library's own by default.</param>
    /// <exception cref="InvalidPolicyException">The text is not a policy; the error names the field by its path.</exception>
    /// <exception cref="InvalidFileException">An asset's file is missing, damaged, or of another kind.</exception>
    public static SafetyPolicy Parse(string json, string folder = ".", MethodCatalogue? methods = null) => PolicyJson.Parse(json, folder, methods ?? MethodCatalogue.Default);

    /// <summary>Reads a policy from a JSON file; paths of assets in it are relative to its folder, and must stay in it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="methods">The methods that it may name; the library's own by default.</param>
    /// <exception cref="InvalidFileException">The file is missing or too large, or an asset's is missing, damaged, or of another kind.</exception>
    /// <exception cref="InvalidPolicyException">The file is not a policy; the error names the field by its path.</exception>
    public static SafetyPolicy Load(string path, MethodCatalogue? methods = null) => PolicyJson.Load(path, methods ?? MethodCatalogue.Default);

    /// <summary>The policy as JSON, as <see cref="Parse"/> reads it.</summary>
    /// <param name="folder">The folder that the policy will lie in, to which paths of assets are relative; the current one by default.</param>
    /// <exception cref="NotSupportedException">An asset was made in memory or lies outside the folder.</exception>
    public string ToJson(string folder = ".") => PolicyJson.Write(this, folder);

    /// <summary>A protection's settings as in a policy's JSON, but for its method; assets by their files' names alone, null for one made in memory.</summary>
    public static JsonObject SettingsOf(Protection protection)
    {
        ArgumentNullException.ThrowIfNull(protection);
        return PolicyJson.Settings(protection);
    }

    /// <inheritdoc/>
    public override string ToString() => Describe();
}
