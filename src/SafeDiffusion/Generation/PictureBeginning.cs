using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Generation;

/// <summary>One picture of an order, from its own noise and initial latents as often as it is begun.</summary>
/// <param name="model">What draws.</param>
/// <param name="tools">What it draws with.</param>
/// <param name="order">What is asked for.</param>
/// <param name="texts">The order's texts.</param>
/// <param name="guidelines">The guideline tokens of the whole batch.</param>
/// <param name="latents">Makes initial latents.</param>
/// <param name="index">The picture's number in its order.</param>
/// <param name="begun">Told the picture each time that it is begun.</param>
internal sealed class PictureBeginning(
    LoadedModel model, GenerationTools tools, PictureOrder order, OrderTexts texts, GuidelineList guidelines,
    InitialLatents latents, int index, Action<PictureDenoising> begun) : IBeginning
{
    private readonly bool _isPromptShared = !order.Policy.Protections.Any(protection => protection is AttentionIntervention);
    private readonly bool _canRedraw = order.Policy.Protections.Any(protection => protection is Redrawing);
    private readonly List<PictureDenoising> _before = [];
    private PictureDenoising? _current;

    /// <summary>Begins the picture for the first time.</summary>
    /// <exception cref="InvalidRequestException">The request does not allow a protection to act.</exception>
    public void Begin()
    {
        TextStates prompt = texts.Prompt(order.Prompt);
        List<(int Place, TextReplacement Replacement)> atStart = [];
        foreach ((int place, Protection protection) in order.Policy.Protections.Index())
        {
            if (protection is not Redrawing redrawing || redrawing.ReplaceAtStart(prompt.Text!) is not { } replacement) continue;
            atStart.Add((place, replacement));
            prompt = texts.Prompt(replacement.Text);
        }
        Begin(prompt, atStart, []);
    }

    public RowInputs Inputs(string text) => new(texts.Trial(text));

    public PictureDenoising BeginAgain(Redraw redraw)
    {
        if (_before.Count(before => before.Redraw!.Place == redraw.Place) == Redrawing.MaxRedraws)
        {
            throw new InvalidOperationException($"{order.Policy.Protections[redraw.Place].Method} asks for more than {Redrawing.MaxRedraws} redraws of one picture.");
        }
        _before.Add(_current!);
        return Begin(texts.Prompt(redraw.Replacement.Text), _current!.AtStart, redraw.Replacement.Covered);
    }

    private PictureDenoising Begin(TextStates prompt, IReadOnlyList<(int Place, TextReplacement Replacement)> atStart, ImmutableArray<bool> covered)
    {
        INoiseSource noise = tools.NoiseSource(order.Seed + index);
        float[] initial = latents(index, noise, covered);
        (TextStates erased, IReadOnlyList<Reporting.ErasureReport> erasures) = texts.Erase(prompt);
        RowList rows = new(texts.Unconditional, erased, _isPromptShared, texts.OfProtection);
        ProtectionContext context = new(rows, guidelines, order.Shape, order.Timesteps, order.GuidanceScale, model.Scheduler.Settings.TrainingTimesteps)
        {
            InhibitedLayers = model.InhibitedLayers,
            StepChanges = [.. Enumerable.Range(order.Start.FirstStep, order.Timesteps.Length).Select(step => order.Plan.ChangeOf(step, order.Eta))],
            StartsFromPicture = order.Start is NoisedPictureStart,
        };
        PictureProtections protections = new(order.Policy, context, place => new PictureText(prompt.Text!, RedrawnBy(place)));
        _current = new PictureDenoising(rows, protections, initial, order.Shape, order.GuidanceScale, order.Eta > 0 ? noise : null, order.Timesteps.Length)
        {
            Start = order.Start,
            Presences = context.Presences,
            Beginning = _canRedraw ? this : null,
            AtStart = atStart,
            Before = [.. _before],
            Erasures = erasures,
        };
        begun(_current);
        return _current;
    }

    private ImmutableArray<TextReplacement> RedrawnBy(int place) =>
        [.. _before.Select(before => before.Redraw!).Where(redraw => redraw.Place == place).Select(redraw => redraw.Replacement)];
}
