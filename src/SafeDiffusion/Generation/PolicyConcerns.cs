using System.Globalization;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Generation;

/// <summary>What only the drawn pictures show to have weakened a policy: a protection that nearly acted, or acted too weakly to count on.</summary>
internal static class PolicyConcerns
{
    /// <summary>From this share of what counts as present on, a map is near it: the concept may be there all the same.</summary>
    private const float NearShare = 0.85f;

    public static IEnumerable<ReportWarning> Of(SafetyPolicy policy, IReadOnlyList<PictureDenoising> pictures, IReadOnlyList<ImageReport> images) =>
        [.. pictures.SelectMany(NearlyDetected), .. policy.Protections.SelectMany((protection, place) => Weak(protection, place, images))];

    private static IEnumerable<ReportWarning> NearlyDetected(PictureDenoising picture, int index) => picture.Presences
        .Where(presence => !presence.HasShown && presence.Highest >= NearShare * presence.Threshold)
        .Select(presence => new ReportWarning("nearly-detected", string.Create(
            CultureInfo.InvariantCulture,
            $"picture {index + 1}: the detection of \"{presence.Concept}\" rose to {presence.Highest:0.00} and stayed below {presence.Threshold:0.00}, from where on it counts, so that nothing was done about it. "
            + $"Look at the picture; a lower presenceThreshold, or another method beside it, acts earlier")));

    private static IEnumerable<ReportWarning> Weak(Protection protection, int place, IReadOnlyList<ImageReport> images)
    {
        if (protection is not AttentionIntervention { EffectiveScale: { } effective }) yield break;
        float[] scales = [.. images.SelectMany(image => image.Steps).SelectMany(step => step.Interventions).Where(intervention => intervention.Protection == place && intervention.Acted).Select(intervention => intervention.Scale)];
        if (scales.Length == 0 || scales.Max() >= effective) yield break;
        yield return new("weak-scale", string.Create(
            CultureInfo.InvariantCulture,
            $"protections[{place}] ({protection.Method}) chose scales of at most {scales.Max():0.##}; erasing was measured at {effective:0.##}, and less may change the picture and leave the concept in it. "
            + $"Look at the picture; without an adapter the scale is as large as the policy says"));
    }
}
