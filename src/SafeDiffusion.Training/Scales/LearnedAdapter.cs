using System.Collections.Immutable;
using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Training.Scales.Measuring;

namespace SafeDiffusion.Training.Scales;

/// <summary>What came of learning an adapter.</summary>
/// <param name="Adapter">The adapter; <see cref="ScaleAdapter.Measured"/> holds the figures too.</param>
/// <param name="HeldOut">How well it does on pictures of prompts that it was not learned from.</param>
/// <param name="Unseen">How well others, learned without one of the concepts each, do on that concept; empty where there is only one.</param>
/// <param name="Plot">Predicted against labelled scale of both, as SVG.</param>
public sealed record LearnedAdapter(ScaleAdapter Adapter, AdapterFigures HeldOut, ImmutableArray<UnseenConcept> Unseen, string Plot);

/// <summary>How well an adapter does on a concept that it was not learned from.</summary>
/// <param name="Concept">The concept, as prompts say it.</param>
/// <param name="Figures">The figures.</param>
public sealed record UnseenConcept(string Concept, AdapterFigures Figures);
