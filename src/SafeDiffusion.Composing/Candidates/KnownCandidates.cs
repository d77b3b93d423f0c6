using System.Collections.Immutable;
using SafeDiffusion.Composing.Assets;
using SafeDiffusion.Detection;
using SafeDiffusion.Methods.DetectAndGuide;
using SafeDiffusion.Methods.DetectAndRedraw;
using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Methods.Semantic;
using SafeDiffusion.Methods.SurgicalErasing;
using SafeDiffusion.Methods.TokenReweighting;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Composing.Candidates;

/// <summary>The library's candidates: the methods of papers with few settings each, and compositions of our own.</summary>
internal static class KnownCandidates
{
    private const float EarlyThreshold = 0.5f;

    private static readonly ImmutableArray<string> _guideline = [AssetRecipe.Guideline];
    private static readonly ImmutableArray<string> _erasure = [AssetRecipe.Erasure];

    public static IReadOnlyList<Candidate> All { get; } =
    [
        new("negative prompt", parts => SafetyPolicy.Empty.AddNegativePrompt(parts.AllNames)) { IsPublished = true, Cost = 1 },
        new("SLD strong", parts => SafetyPolicy.Empty.AddSafeLatent(parts.AllNames, SafeLatentPreset.Strong)) { IsPublished = true },
        new("SLD max", parts => SafetyPolicy.Empty.AddSafeLatent(parts.AllNames, SafeLatentPreset.Max)) { IsPublished = true },
        new("SEGA published", parts => Semantic(Away(parts))) { IsPublished = true },
        new("SEGA early", parts => Semantic(Away(parts, early: true))) { IsPublished = true },
        new("SEGA early with instead", parts => Semantic([.. Away(parts, early: true), Toward(parts)])) { NeedsInstead = true, Cost = 2 },
        new("SCE published", parts => Surgical(parts, early: false)) { NeedsInstead = true, IsPublished = true, Cost = 2 },
        new("SCE early", parts => Surgical(parts, early: true)) { NeedsInstead = true, IsPublished = true, Cost = 2 },
        new("trajectory steering", parts => SafetyPolicy.Empty.AddTrajectorySteering(parts.Concept, parts.Instead!)) { NeedsInstead = true, IsPublished = true, Cost = 2 },
        new("growth inhibitor", parts => SafetyPolicy.Empty.AddGrowthInhibitor(Inhibition(parts))) { IsPublished = true, Cost = 1 },
        new("growth inhibitor contrasting", parts => SafetyPolicy.Empty.AddGrowthInhibitor(Inhibition(parts) with { Preset = GrowthInhibitorPreset.Contrasting })) { IsPublished = true, Cost = 1 },
        new("token re-weighting", parts => SafetyPolicy.Empty.AddTokenReweighting(new TokenReweighting { Words = [.. parts.Names.Select(name => new WordFactor { Text = Phrase.Bare(name) })] })) { IsPublished = true, Cost = 1 },
        new("DAG published", parts => Guided(parts, guidance => guidance with { Preset = DetectAndGuidePreset.Published })) { Needs = _guideline, IsPublished = true, Cost = 1.2 },
        new("DAG", parts => Guided(parts, guidance => guidance)) { Needs = _guideline, Cost = 1.2 },
        new("DAG on SLD", parts => Guided(parts, guidance => guidance with { Base = DetectAndGuideBase.SafeLatent })) { Needs = _guideline, Cost = 1.2 },
        new("DAG with instead", parts => Guided(parts, guidance => guidance with { Instead = parts.Instead })) { Needs = _guideline, NeedsInstead = true, Cost = 1.3 },
        new("growth inhibitor gated", parts => SafetyPolicy.Empty.AddDetection(parts.Assets[AssetRecipe.Guideline])
            .AddGrowthInhibitor(Inhibition(parts) with { Preset = GrowthInhibitorPreset.Gated })) { Needs = _guideline, Cost = 1.1 },
        new("text erasure", parts => Erased(SafetyPolicy.Empty, parts, replaceNames: false)) { Needs = _erasure, NeedsInstead = true, Cost = 1 },
        new("text erasure replacing names", parts => Erased(SafetyPolicy.Empty, parts, replaceNames: true)) { Needs = _erasure, NeedsInstead = true, Cost = 1 },
        new("DAG + growth inhibitor", parts => Guided(parts, guidance => guidance)
            .AddGrowthInhibitor(Inhibition(parts) with { When = InhibitionTime.Detected })) { Needs = _guideline, Cost = 1.3 },
        new("detect and redraw", parts => Redrawn(parts, hybrid: false)) { Watches = true, Needs = _guideline, NeedsInstead = true, Cost = 1.3 },
        new("detect and redraw hybrid", parts => Redrawn(parts, hybrid: true)) { Watches = true, Needs = _guideline, NeedsInstead = true, Cost = 1.1 },
        new("text erasure + detect and redraw", parts => Erased(Redrawn(parts, hybrid: false), parts, replaceNames: false)) { Watches = true, Needs = [.. _guideline, .. _erasure], NeedsInstead = true, Cost = 1.1 },
        new("text erasure + detect and redraw hybrid", parts => Erased(Redrawn(parts, hybrid: true), parts, replaceNames: false)) { Watches = true, Needs = [.. _guideline, .. _erasure], NeedsInstead = true, Cost = 1.1 },
    ];

    private static SafetyPolicy Semantic(IEnumerable<SemanticConcept> concepts) => SafetyPolicy.Empty.AddSemantic(new SemanticGuidance { Concepts = [.. concepts] });

    private static IEnumerable<SemanticConcept> Away(Ingredients parts, bool early = false) => parts.Names.Select(name =>
        early ? new SemanticConcept { Text = name, Scale = 10, WarmupSteps = 0 } : new SemanticConcept { Text = name });

    private static SemanticConcept Toward(Ingredients parts) => new() { Text = parts.Instead!, Direction = SemanticDirection.Toward, Scale = 10, WarmupSteps = 0 };

    private static SafetyPolicy Surgical(Ingredients parts, bool early)
    {
        ErasingInstruction[] instructions =
        [
            .. parts.Names.Select(name => new ErasingInstruction { Text = name }),
            new ErasingInstruction { Text = parts.Instead!, Scale = ErasingInstruction.PublishedTowardScale },
        ];
        return SafetyPolicy.Empty.AddSurgicalErasing(new SurgicalErasingGuidance
        {
            Instructions = [.. instructions.Select(instruction => early ? instruction with { WarmupSteps = 0, Threshold = EarlyThreshold } : instruction)],
        });
    }

    private static GrowthInhibition Inhibition(Ingredients parts) => new() { Concepts = [.. parts.Names.Select(name => new InhibitedConcept { Text = name })] };

    private static SafetyPolicy Redrawn(Ingredients parts, bool hybrid) => SafetyPolicy.Empty.AddDetectAndRedraw(
        new DetectionRedrawing { Guideline = Guideline.Load(parts.Assets[AssetRecipe.Guideline]), Instead = parts.Instead, Hybrid = hybrid });

    private static SafetyPolicy Erased(SafetyPolicy policy, Ingredients parts, bool replaceNames) => policy.AddTextErasure(
        new LinearTextErasure { Projection = ErasureProjection.Load(parts.Assets[AssetRecipe.Erasure]), ReplaceNames = replaceNames });

    private static SafetyPolicy Guided(Ingredients parts, Func<DetectionGuidance, DetectionGuidance> set) =>
        SafetyPolicy.Empty.AddDetectAndGuide(set(new DetectionGuidance { Guideline = Guideline.Load(parts.Assets[AssetRecipe.Guideline]) }));
}
