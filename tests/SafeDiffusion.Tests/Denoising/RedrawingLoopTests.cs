using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Generation;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Scheduling;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Denoising;

/// <summary>Formula layer: pictures that are begun again, on a denoiser without a network.</summary>
public sealed class RedrawingLoopTests
{
    private const int Steps = 6;
    private static readonly LatentShape _shape = new(4, 3, 5);
    private static readonly SafetyPolicy _policy = SafetyPolicy.Empty.AddSafeLatent(new SafeLatentGuidance { Concept = "a shape", Preset = SafeLatentPreset.Max }).Add(new Replacing());

    [Theory, InlineData(0f), InlineData(1f)]
    public void APictureBegunAgainIsTheOneDrawnUnderTheNewTextAndTheOthersAreAsAlone(float eta)
    {
        Picture[] together = Draw(["plain", "bad", "other", "worse"], eta);
        Assert.Equal(["plain", "good", "other", "good"], together.Select(picture => picture.Text));
        for (int i = 0; i < together.Length; i++)
        {
            Picture alone = DrawAt(i, together[i].Text, eta);
            Assert.True(alone.Current.Latents.SequenceEqual(together[i].Current.Latents));
        }
    }

    [Fact]
    public void RowsThatWereThrownAwayAndTriedCount()
    {
        long rows = 0;
        Picture[] pictures = Draw(["plain", "worse"], 0, told: evaluator => rows = evaluator.Rows);
        PictureDenoising[] all = [.. pictures.SelectMany(picture => picture.Current.Before.Append(picture.Current))];
        Assert.Equal(rows, all.Sum(picture => Enumerable.Range(0, Steps).Sum(picture.Trace.Rows)));
        // Seen in step 1, with two rows tried, then in step 3.
        Assert.Equal([2, 4], pictures[1].Current.Before.Select(before => before.Redraw!.Step.Index + 1));
        Assert.Equal(3 + 3 + 2, Enumerable.Range(0, Steps).Sum(pictures[1].Current.Before[0].Trace.Rows));
    }

    [Fact]
    public void StepsCountAnewInAPassOfTheirOwn()
    {
        List<(int Pass, int Step, int Pictures)> steps = [];
        Draw(["plain", "bad"], 0, afterStep: (step, pass) => steps.Add((pass.Number, step.Index, pass.Pictures.Count)));
        Assert.Equal(
            [(0, 0, 2), (0, 1, 2), (0, 2, 2), (0, 3, 2), (0, 4, 1), (0, 5, 1), .. Enumerable.Range(0, Steps).Select(step => (1, step, 1))],
            steps);
    }

    [Fact]
    public void ABatchWhosePicturesAllBeginAgainTakesNoFurtherStep()
    {
        List<int> steps = [];
        Draw(["bad"], 0, afterStep: (step, pass) => steps.Add(pass.Number * 10 + step.Index));
        Assert.Equal([0, 1, 2, 3, 10, 11, 12, 13, 14, 15], steps);
    }

    [Fact]
    public void CancellingEndsAPassOfRedrawnPictures()
    {
        using CancellationTokenSource cancelling = new();
        int passes = 0;
        Assert.Throws<OperationCanceledException>(() => Draw(
            ["bad"], 0, afterStep: (step, pass) =>
            {
                passes = pass.Number;
                if (pass.Number == 1 && step.Index == 2) cancelling.Cancel();
            },
            cancellationToken: cancelling.Token));
        Assert.Equal(1, passes);
    }

    private static Picture[] Draw(
        string[] texts, float eta, Action<RowEvaluator>? told = null, Action<DenoisingStep, DenoisingPass>? afterStep = null, CancellationToken cancellationToken = default) =>
        Draw([.. texts.Select((text, index) => new Picture(index, text, eta))], eta, told, afterStep, cancellationToken);

    private static Picture DrawAt(int index, string text, float eta) => Draw([new Picture(index, text, eta)], eta, null, null, CancellationToken.None)[0];

    private static Picture[] Draw(Picture[] pictures, float eta, Action<RowEvaluator>? told, Action<DenoisingStep, DenoisingPass>? afterStep, CancellationToken cancellationToken)
    {
        FakeDenoiser denoiser = new((text, latents, timestep, prediction) =>
        {
            for (int i = 0; i < latents.Length; i++) prediction[i] = MathF.Tanh(latents[i] + text.Text!.Text.Length * 0.1f + timestep * 0.001f);
        });
        using RowEvaluator evaluator = new(denoiser, _shape, maxRows: 4);
        new DenoisingLoop(evaluator, Picture.Plan, eta).Run([.. pictures.Select(picture => picture.Current)], 0, 0, afterStep, cancellationToken);
        told?.Invoke(evaluator);
        return pictures;
    }

    /// <summary>"bad" is seen in step 3, and becomes "good"; "worse" is seen in step 1, and becomes "bad" after two trials.</summary>
    [ProtectionMethod("replacing")]
    private sealed record Replacing : Redrawing
    {
        public override string Describe() => "replacing";

        public override void Validate(FieldCheck check)
        {
        }

        public override RedrawingState Begin(ProtectionContext context, PictureText text) => new State(text.Text.Text);

        private sealed class State(string text) : RedrawingState
        {
            private bool _wasAsked;

            public override WatchOutcome Watch(in DenoisingStep step, StepPredictions predictions)
            {
                Assert.False(_wasAsked, "A picture that was begun again is watched no more.");
                _wasAsked = (text, step.Index) is ("bad", 3) or ("worse", 1);
                return new(new DetectionReading(1, 1), 1, 1, _wasAsked);
            }

            public override TextReplacement Redraw(in DenoisingStep step, StepPredictions predictions, TextTrial trial)
            {
                if (text == "bad") return new("good", "bad", "good", "test");
                IReadOnlyList<float[]> tried = trial(["longer text", "worse"]);
                Assert.Equal(predictions[Row.Prompt].ToArray(), tried[1]);
                Assert.NotEqual(tried[0], tried[1]);
                return new("bad", "worse", "bad", "test");
            }
        }
    }

    private sealed class Picture : IBeginning
    {
        private readonly int _index;
        private readonly float _eta;
        private readonly List<PictureDenoising> _before = [];

        public Picture(int index, string text, float eta)
        {
            (_index, _eta) = (index, eta);
            Current = Begin(text);
        }

        public static DdimPlan Plan { get; } = new DdimScheduler(new SchedulerSettings()).CreatePlan(Steps);

        public PictureDenoising Current { get; private set; }

        public string Text => Current.Rows[Row.Prompt].Text.Text!.Text;

        public RowInputs Inputs(string text) => new(TestTexts.States(text));

        public PictureDenoising BeginAgain(Redraw redraw)
        {
            _before.Add(Current);
            return Current = Begin(redraw.Replacement.Text);
        }

        private PictureDenoising Begin(string text)
        {
            Dictionary<string, Model.Text.TextStates> texts = [];
            RowList rows = new(Encode(""), Encode(text), isPromptShared: true, Encode);
            ProtectionContext context = new(rows, new GuidelineList(1), _shape, Plan.Timesteps, 5);
            TorchNoise noise = new(_index);
            float[] latents = new float[_shape.Length];
            noise.Fill(latents);
            PictureProtections protections = new(_policy, context, _ => new PictureText(TestTexts.States(text).Text!, []));
            return new PictureDenoising(rows, protections, latents, _shape, 5, _eta > 0 ? noise : null, Steps) { Beginning = this, Before = [.. _before] };

            Model.Text.TextStates Encode(string one) => texts.TryGetValue(one, out Model.Text.TextStates? known) ? known : texts[one] = TestTexts.States(one);
        }
    }
}
