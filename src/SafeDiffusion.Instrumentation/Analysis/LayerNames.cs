using System.Text.RegularExpressions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Tracing;

namespace SafeDiffusion.Instrumentation.Analysis;

/// <summary>Looks for a module's name in the names around an attention. For people to read; nothing depends on it.</summary>
internal static partial class LayerNames
{
    public static string? Of(AttentionCore core)
    {
        foreach (string hint in Hints(core))
        {
            if (Module().Match(hint) is { Success: true } match)
                return match.Value.Replace('/', '.');
        }
        return null;
    }

    private static IEnumerable<string> Hints(AttentionCore core)
    {
        foreach (Projection? projection in new[] { core.Key, core.Value, core.OutputProjection, core.Query })
        {
            if (projection is null)
                continue;
            yield return projection.Node.Name;
            yield return projection.Weight;
            yield return projection.Bias ?? "";
            foreach (StringStringEntryProto entry in projection.Node.MetadataProps)
                yield return entry.Value;
        }
        yield return core.Final.Name;
        yield return core.Product.Name;
    }

    [GeneratedRegex(@"(?:down_blocks|mid_block|up_blocks)[\w./]*?attn[12](?!\w)", RegexOptions.None, 1000)]
    private static partial Regex Module();
}
