using SafeDiffusion.Core.Errors;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Generation;

/// <summary>A policy at work on one picture: the states of its protections by kind, each with its place in the policy.</summary>
internal sealed class PictureProtections
{
    private readonly List<(int Place, NoiseGuidanceState State)> _guidances = [];
    private readonly List<(int Place, AttentionInterventionState State)> _interventions = [];
    private readonly List<(int Place, ObserverState State)> _observers = [];
    private readonly List<(int Place, RedrawingState State)> _redrawings = [];

    /// <summary>Puts a policy to work.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="context">The picture's generation.</param>
    /// <param name="text">The text that it is drawn under, as the protection at a place has to know it; only asked where one has pictures begun again.</param>
    /// <exception cref="InvalidRequestException">The request does not allow a protection to act.</exception>
    /// <exception cref="NotSupportedException">A protection is of a kind that nothing runs.</exception>
    public PictureProtections(SafetyPolicy policy, ProtectionContext context, Func<int, PictureText> text)
    {
        foreach ((int place, Protection protection) in policy.Protections.Index())
        {
            switch (protection)
            {
                case NoiseGuidance guidance: _guidances.Add((place, guidance.Begin(context))); break;
                case AttentionIntervention intervention: _interventions.Add((place, intervention.Begin(context))); break;
                case Redrawing redrawing: _redrawings.Add((place, redrawing.Begin(context, text(place)))); break;
                case Observer observer: _observers.Add((place, observer.Begin(context))); break;
                case TextErasure or { UnconditionalText: not null }: break; // At work in the texts already.
                default: throw new NotSupportedException($"Nothing runs {protection.GetType().Name}: the picture would not be protected.");
            }
        }
        foreach ((int place, StepWindow active) in Windows) RequireReached(place, policy.Protections[place], active, context.Steps);
    }

    /// <summary>The steps in which each protection that acts in steps can act, with its place.</summary>
    public IEnumerable<(int Place, StepWindow Active)> Windows =>
    [
        .. _guidances.Select(guidance => (guidance.Place, guidance.State.ActiveSteps)),
        .. _interventions.Select(intervention => (intervention.Place, intervention.State.ActiveSteps)),
        .. _redrawings.Select(redrawing => (redrawing.Place, redrawing.State.ActiveSteps)),
    ];

    /// <summary>Refuses a protection whose steps are never taken: few steps, a low strength, or a window that begins too late.</summary>
    private static void RequireReached(int place, Protection protection, StepWindow active, int steps)
    {
        if (active.CountIn(steps) > 0) return;
        throw new InvalidRequestException(
            "policy", $"would not be kept: protections[{place}] ({protection.Method}) can act in {active}, and of the {steps} steps that are taken none is among them. "
            + "Take more steps (or a higher strength), or let it begin earlier.");
    }

    /// <summary>Guidances alone, whose places are as they are given.</summary>
    public PictureProtections(params IEnumerable<NoiseGuidanceState> guidances) => _guidances.AddRange(guidances.Select((state, place) => (place, state)));

    public IReadOnlyList<(int Place, NoiseGuidanceState State)> Guidances => _guidances;

    public IReadOnlyList<(int Place, AttentionInterventionState State)> Interventions => _interventions;

    public IReadOnlyList<(int Place, ObserverState State)> Observers => _observers;

    public IReadOnlyList<(int Place, RedrawingState State)> Redrawings => _redrawings;

    /// <summary>The detection maps of the current step, <c>[H, W]</c> each, with the protection's place; only of protections that detect.</summary>
    public IEnumerable<(int Place, float[] Map)> DetectionMaps()
    {
        foreach ((int place, NoiseGuidanceState state) in _guidances)
        {
            if (!state.DetectionMap.IsEmpty) yield return (place, state.DetectionMap.ToArray());
        }
        foreach ((int place, RedrawingState state) in _redrawings)
        {
            if (!state.DetectionMap.IsEmpty) yield return (place, state.DetectionMap.ToArray());
        }
        foreach ((int place, ObserverState state) in _observers)
        {
            if (!state.DetectionMap.IsEmpty) yield return (place, state.DetectionMap.ToArray());
        }
    }
}
