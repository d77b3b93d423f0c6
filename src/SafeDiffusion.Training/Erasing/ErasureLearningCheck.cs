using SafeDiffusion.Core.Errors;
using SafeDiffusion.Methods.LinearErasure;

namespace SafeDiffusion.Training.Erasing;

/// <summary>Checks options before anything is loaded.</summary>
internal static class ErasureLearningCheck
{
    private const int MaxPrompts = 20_000;

    /// <exception cref="InvalidRequestException">An option is out of range.</exception>
    public static void Require(ErasureLearningOptions options)
    {
        FieldCheck check = FieldCheck.OfRequest("");
        check.RequireItems(options.Concepts, "concepts", Concept);
        check.Require(options.Preserve.Count(caption => !string.IsNullOrWhiteSpace(caption)) is >= ErasureLearner.FewestCaptions and <= MaxPrompts, "preserve", $"must hold {ErasureLearner.FewestCaptions} to {MaxPrompts} captions, and holds {options.Preserve.Count}: what is not shown to be kept is erased with the concept.");
        check.Require(options.Keep.Count <= MaxPrompts, "keep", $"may hold {MaxPrompts} prompts, and holds {options.Keep.Count}.");
        check.Require(options.Preservation is null || options.Method is ErasureMethod.Trce or ErasureMethod.Uce, "preservation", "belongs to trce and uce; the other methods have no such weight.");
        check.Require(options.Preservation is null or (>= 0 and <= 1e6), "preservation", $"must be 0 to 1000000, and is {options.Preservation}.");
        check.Require(options.Ridge is null or (>= 0 and <= 1e3), "ridge", $"must be 0 to 1000, and is {options.Ridge}.");
        check.Require(options.NullSpaceRest is > 0 and < 1, "null-space rest", $"must be above 0 and below 1, and is {options.NullSpaceRest}.");
        check.Require(options.Tokens is null or ErasureTokens.All || options.Method != ErasureMethod.Kernel, "tokens", "must be all for the kernel map, which tells tokens apart by itself.");
        check.Require(!options.MapsNullCondition || options.Gate == ErasureGating.None, "null condition", "can be mapped only without a gate, which the null text never opens.");
        check.RequireRange(options.Anchors, 10, KernelMap.MaxAnchors, "anchors");
        check.RequirePositive(options.Bandwidth, "bandwidth");
        check.RequireRange(options.PromptsPerName, 20, MaxPrompts, "prompts per name");
    }

    private static void Concept(ErasedConcept concept, FieldCheck check)
    {
        check.RequireText(concept.Concept, "concept");
        check.RequireText(concept.Becomes, "becomes");
        check.RequireItems([concept.Concept, .. concept.Synonyms], "synonyms", static (_, _) => { });
        foreach (string synonym in concept.Synonyms) check.RequireText(synonym, "synonyms");
        check.Require(concept.Prompts.Count <= MaxPrompts, "prompts", $"may be {MaxPrompts}, and are {concept.Prompts.Count}.");
        foreach (string prompt in concept.Prompts) check.RequireText(prompt, "prompts");
        check.Require(!concept.Names.Contains(concept.Becomes, StringComparer.OrdinalIgnoreCase), "becomes", "must not be the concept itself.");
    }
}
