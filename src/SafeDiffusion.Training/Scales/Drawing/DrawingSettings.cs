using System.Collections.Immutable;
using SafeDiffusion.Methods.GrowthInhibitor;

namespace SafeDiffusion.Training.Scales.Drawing;

/// <summary>How series are drawn.</summary>
/// <param name="Preset">The settings that concepts are inhibited with.</param>
/// <param name="Scales">The scales, from 0 up.</param>
/// <param name="Steps">Denoising steps.</param>
/// <param name="GuidanceScale">The guidance scale.</param>
internal sealed record DrawingSettings(GrowthInhibitorPreset Preset, ImmutableArray<float> Scales, int Steps, float GuidanceScale);
