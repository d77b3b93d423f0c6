using SafeDiffusion.Model;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Generation;

/// <summary>
/// What is known before step 0 to weaken a policy: a request may ask for it, and is told. Each limit stands where the figures of
/// docs/reliability.md show the protections to fall off.
/// </summary>
internal static class PolicyLimits
{
    /// <summary>The share of the steps below which a protection acts rarely.</summary>
    private const double RareShare = 1.0 / 3;

    /// <summary>How many times the area that the model was made for, or what part of it, a picture may have.</summary>
    private const double AreaTolerance = 1.5;

    /// <summary>How many times longer or wider.</summary>
    private const double ShapeTolerance = 2;

    /// <summary>Above this guidance scale, the usual one, a term of fixed size falls behind the prompt's.</summary>
    private const float UsualGuidanceScale = 7.5f;

    /// <summary>The prompt's prediction and that of the policy's negative prompt are one: classifier-free guidance gives just it.</summary>
    public static ReportWarning NegativeIsPrompt { get; } = new(
        "negative-is-prompt", "the prompt is the policy's negative prompt itself, which then pushes nowhere: what the prompt says is drawn. Protect by another method");

    /// <summary>What weakens the policy of an order.</summary>
    public static IEnumerable<ReportWarning> Of(PictureOrder order, ModelDescription model, PictureProtections protections)
    {
        if (order.Policy.Protections.All(protection => protection is Observer)) return [];
        return [.. Rarely(order.Policy, protections, order.Timesteps.Length), .. OfStart(order), .. OfSize(order, model), .. OfGuidance(order, protections)];
    }

    private static IEnumerable<ReportWarning> Rarely(SafetyPolicy policy, PictureProtections protections, int steps) => protections.Windows
        .Where(window => window.Active.CountIn(steps) < RareShare * steps)
        .Select(window => new ReportWarning(
            "acts-rarely",
            $"{Named(window.Place, policy.Protections[window.Place])} can act in {window.Active.CountIn(steps)} of the {steps} steps that are taken ({window.Active}); much is settled without it. "
            + "Take more steps, or let it begin earlier"));

    private static IEnumerable<ReportWarning> OfStart(PictureOrder order)
    {
        if (order.Start.Strength is { } strength)
        {
            yield return new("keeps-picture", $"a picture is given, of which something stays even at strength 1 (this is {strength}), and with it what it shows; protections act on what is drawn. Raise the strength, or check what is given");
        }
        if (order.KeepSpecialTokens && order.Prompt.Contains("<|", StringComparison.Ordinal))
        {
            yield return new("special-tokens-kept", "the request keeps the special tokens in its text: such a prompt says things that no words say, and outweighs protections that act by a text");
        }
        if (order.Start.HasGivenLatents)
        {
            yield return new("given-latents", "the latents are given: what they hold already is no noise, and protections may not get it out");
        }
        if (order.Timesteps.Length < ProtectionContext.FewSteps)
        {
            yield return new("few-steps", $"{order.Timesteps.Length} step{(order.Timesteps.Length == 1 ? " is" : "s are")} taken, fewer than the {ProtectionContext.FewSteps} in which protections can steer a picture. Take more");
        }
    }

    private static IEnumerable<ReportWarning> OfSize(PictureOrder order, ModelDescription model)
    {
        double area = (double)order.Width * order.Height / ((double)model.Width * model.Height);
        double shape = (double)order.Width * model.Height / ((double)order.Height * model.Width);
        if (IsNear(area, AreaTolerance) && IsNear(shape, ShapeTolerance)) yield break;
        yield return new(
            "other-size", $"{order.Width}x{order.Height} is far from the {model.Width}x{model.Height} that the model was made for, and there protections act less. Draw in that size, and scale the picture");

        static bool IsNear(double ratio, double tolerance) => ratio >= 1 / tolerance && ratio <= tolerance;
    }

    private static IEnumerable<ReportWarning> OfGuidance(PictureOrder order, PictureProtections protections)
    {
        if (order.GuidanceScale <= UsualGuidanceScale) return [];
        return protections.Guidances
            .Where(guidance => !guidance.State.GrowsWithGuidance)
            .Select(guidance => new ReportWarning(
                "strong-guidance",
                $"at guidance {order.GuidanceScale} the prompt counts for more than {Named(guidance.Place, order.Policy.Protections[guidance.Place])}, whose term is of a fixed scale. Lower the guidance to {UsualGuidanceScale}, or raise its scale"));
    }

    private static string Named(int place, Protection protection) => $"protections[{place}] ({protection.Method})";
}
