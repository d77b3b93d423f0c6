using System.Numerics.Tensors;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Model;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Generation;

/// <summary>One picture while it is denoised: its latents, its rows, and its protections at work. All buffers are made once.</summary>
internal sealed class PictureDenoising
{
    /// <summary>A term below this share of the guided prediction's norm is rounding: it does not guide, and the report must not say so.</summary>
    public const float NegligibleTerm = 1e-6f;

    private static readonly GuidanceOutcome _negligible = GuidanceOutcome.NotGuided("term is zero");

    private readonly float _guidanceScale;
    private readonly RowInputs _prompt;
    private readonly float[] _term;
    private float[] _latents;
    private float[] _next;

    /// <param name="rows">The picture's rows.</param>
    /// <param name="protections">The policy at work.</param>
    /// <param name="latents">The initial latents, <c>[C, H, W]</c>; taken over.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="guidanceScale">The guidance scale <c>g</c>.</param>
    /// <param name="noise">The source of the steps' noise, where eta is above 0.</param>
    /// <param name="steps">Steps that will be taken.</param>
    public PictureDenoising(RowList rows, PictureProtections protections, float[] latents, LatentShape shape, float guidanceScale, INoiseSource? noise, int steps)
    {
        Rows = rows;
        Protections = protections;
        Predictions = new StepPredictions(shape);
        _prompt = rows[Row.Prompt];
        _latents = latents;
        _next = new float[latents.Length];
        _term = new float[latents.Length];
        Guided = new float[latents.Length];
        StepNoise = noise is null ? [] : new float[latents.Length];
        Noise = noise;
        _guidanceScale = guidanceScale;
        Trace = new ProtectionTrace(steps, protections);
    }

    public RowList Rows { get; }

    public PictureProtections Protections { get; }

    public StepPredictions Predictions { get; }

    public ProtectionTrace Trace { get; }

    /// <summary>Where the picture started; it keeps what may not change.</summary>
    public PictureStart? Start { get; init; }

    /// <summary>What it is to be begun again for; null as long as it goes on.</summary>
    public Redraw? Redraw { get; private set; }

    /// <summary>What it is begun again by; null where no protection asks for that.</summary>
    public IBeginning? Beginning { get; init; }

    /// <summary>What protections put in its text's place before it was first begun, with their places in the policy.</summary>
    public IReadOnlyList<(int Place, TextReplacement Replacement)> AtStart { get; init; } = [];

    /// <summary>What was drawn of it before, and thrown away; the first time first.</summary>
    public IReadOnlyList<PictureDenoising> Before { get; init; } = [];

    /// <summary>What the policy's text erasures did to its text.</summary>
    public IReadOnlyList<ErasureReport> Erasures { get; init; } = [];

    /// <summary>What its protections that detect have said of their concepts' presence.</summary>
    public IReadOnlyList<ConceptPresence> Presences { get; init; } = [];

    /// <summary>The latents at the current step, <c>[C, H, W]</c>.</summary>
    public ReadOnlySpan<float> Latents => _latents;

    /// <summary>Where the scheduler writes the next latents.</summary>
    public Span<float> Next => _next;

    /// <summary>The guided noise prediction of the current step, <c>[C, H, W]</c>.</summary>
    public float[] Guided { get; }

    /// <summary>The noise of the current step, where eta is above 0.</summary>
    public float[] StepNoise { get; }

    public INoiseSource? Noise { get; }

    /// <summary>Lets the attention interventions make the prompt's row of this step, in the policy's order.</summary>
    public void EditPrompt(in DenoisingStep step)
    {
        RowInputs prompt = _prompt;
        for (int i = 0; i < Protections.Interventions.Count; i++) prompt = Protections.Interventions[i].State.Edit(step, prompt);
        Rows[Row.Prompt] = prompt;
    }

    /// <summary>Whether an intervention, having read the first predictions, has had the prompt's row made anew; it is then no longer evaluated.</summary>
    public bool EditsPromptAgain(in DenoisingStep step)
    {
        bool again = false;
        for (int i = 0; i < Protections.Interventions.Count; i++) again |= Protections.Interventions[i].State.Reconsider(step, Predictions);
        if (!again) return false;
        EditPrompt(step);
        Predictions.Forget(Row.Prompt);
        return true;
    }

    /// <summary>What a step surely needs: <c>p</c>, and <c>u</c> unless the guidance scale is 1, and what the guidances name.</summary>
    public RowSet SurelyNeeds(in DenoisingStep step)
    {
        RowSet needed = Row.Prompt;
        if (_guidanceScale != 1) needed |= Row.Unconditional;
        for (int i = 0; i < Protections.Guidances.Count; i++) needed |= Protections.Guidances[i].State.SurelyNeeds(step);
        return needed;
    }

    /// <summary>What the guidances need besides, now that the first predictions are known.</summary>
    public RowSet AlsoNeeds(in DenoisingStep step)
    {
        RowSet needed = RowSet.None;
        for (int i = 0; i < Protections.Guidances.Count; i++) needed |= Protections.Guidances[i].State.AlsoNeeds(step, Predictions);
        return needed;
    }

    /// <summary>Computes <c>e = u + g (p - u) + Σ terms</c> into <see cref="Guided"/>, the terms in the policy's order; the others look on.</summary>
    public void Guide(in DenoisingStep step)
    {
        if (_guidanceScale == 1) Predictions[Row.Prompt].CopyTo(Guided);
        else ClassifierFreeGuidance.Combine(Predictions[Row.Unconditional], Predictions[Row.Prompt], _guidanceScale, Guided);

        float least = Protections.Guidances.Count == 0 ? 0 : NegligibleTerm * TensorPrimitives.Norm<float>(Guided);
        for (int i = 0; i < Protections.Guidances.Count; i++)
        {
            GuidanceOutcome outcome = Protections.Guidances[i].State.ComputeTerm(step, Predictions, _term);
            float norm = outcome.IsGuided ? TensorPrimitives.Norm<float>(_term) : 0;
            if (outcome.IsGuided) TensorPrimitives.Add(Guided, _term, Guided);
            if (outcome.IsGuided && norm <= least) outcome = _negligible with { Detection = outcome.Detection };
            Trace.RecordTerm(step.Index, i, outcome, norm);
        }
        for (int i = 0; i < Protections.Interventions.Count; i++) Trace.RecordIntervention(step.Index, i, Protections.Interventions[i].State.Conclude(step, Predictions));
        for (int i = 0; i < Protections.Observers.Count; i++) Trace.RecordReading(step.Index, i, Protections.Observers[i].State.Observe(step, Predictions));
        for (int i = 0; i < Protections.Redrawings.Count; i++) Trace.RecordWatch(step.Index, i, Protections.Redrawings[i].State.Watch(step, Predictions));
        Trace.RecordRows(step.Index, Predictions.Evaluations);
    }

    /// <summary>Whether a protection, having watched this step, wants the picture begun again.</summary>
    public bool WantsRedraw(in DenoisingStep step)
    {
        for (int i = 0; i < Protections.Redrawings.Count; i++)
        {
            if (Trace.Watch(step.Index, i).Redraws) return true;
        }
        return false;
    }

    /// <summary>Lets the first of the policy's protections that want the picture begun again say how.</summary>
    /// <param name="step">The step, or the look at the finished picture.</param>
    /// <param name="predictions">What was predicted there.</param>
    /// <param name="predict">Predicts the noise there by other rows.</param>
    public void DecideRedraw(DenoisingStep step, StepPredictions predictions, Func<IReadOnlyList<RowInputs>, IReadOnlyList<float[]>> predict)
    {
        int first = 0;
        while (!Trace.Watch(step.Index, first).Redraws) first++;
        (int place, RedrawingState state) = Protections.Redrawings[first];
        Redraw = new(place, step, Trace.Watch(step.Index, first), state.Redraw(step, predictions, texts => predict([.. texts.Select(Beginning!.Inputs)])));
    }

    /// <summary>Lets the protections that detect look at the finished picture.</summary>
    public void LookAtFinished(in DenoisingStep look, StepPredictions predictions)
    {
        foreach ((int place, NoiseGuidanceState state) in Protections.Guidances) Trace.RecordFinished(place, state.LookAtFinished(look.Timestep, predictions));
        foreach ((int place, ObserverState state) in Protections.Observers) Trace.RecordFinished(place, state.LookAtFinished(look.Timestep, predictions));
        foreach ((int i, (int place, RedrawingState state)) in Protections.Redrawings.Index())
        {
            if (state.LookAtFinished(look, predictions) is not { } seen) continue;
            Trace.RecordWatch(look.Index, i, seen);
            Trace.RecordFinished(place, seen.Detection);
        }
        Trace.AddRows(look.Index, 1);
    }

    /// <summary>The picture from its start, in this one's place, under the text that <see cref="Redraw"/> says.</summary>
    public PictureDenoising BeginAgain() => Beginning!.BeginAgain(Redraw!);

    /// <summary>Makes <see cref="Next"/> the current latents.</summary>
    public void Advance()
    {
        (_latents, _next) = (_next, _latents);
        Predictions.Clear();
    }
}
