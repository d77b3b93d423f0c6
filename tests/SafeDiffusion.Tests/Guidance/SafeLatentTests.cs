using System.Text.Json;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Model;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Guidance;

/// <summary>
/// Formula layer: SLD step for step against diffusers' whole safe pipeline. Tolerance 1e-5 absolute, the fixture's own: both compute in
/// float32, and differ in whether <c>g γ</c> is subtracted before or after <c>u</c> is added.
/// </summary>
public sealed class SafeLatentTests
{
    private const float Tolerance = 1e-5f;

    private static readonly SafeTensorsFile _fixture = SafeTensorsFile.Load(Fixture.Locate("numerics", "guidance-sld.safetensors"));
    private static readonly JsonDocument _cases = JsonDocument.Parse(_fixture.Metadata["cases"]);

    public static TheoryData<string> Cases => [.. _cases.RootElement.EnumerateObject().Select(entry => entry.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void AgreesWithTheReferenceStepForStep(string name)
    {
        JsonElement options = _cases.RootElement.GetProperty(name);
        int steps = options.GetProperty("steps").GetInt32();
        int batch = options.GetProperty("batch").GetInt32();
        float scale = options.GetProperty("guidance_scale").GetSingle();
        SafeLatentSettings settings = new(
            options.GetProperty("sld_warmup_steps").GetInt32(), options.GetProperty("sld_guidance_scale").GetSingle(),
            options.GetProperty("sld_threshold").GetSingle(), options.GetProperty("sld_momentum_scale").GetSingle(),
            options.GetProperty("sld_mom_beta").GetSingle());
        for (int row = 0; row < batch; row++) Compare(name, settings, scale, steps, batch, row);
    }

    [Fact]
    public void PresetsArePublished()
    {
        foreach (SafeLatentPreset preset in Enum.GetValues<SafeLatentPreset>())
        {
            JsonElement options = _cases.RootElement.GetProperty(preset.ToString().ToLowerInvariant());
            SafeLatentSettings settings = SafeLatentSettings.Of(preset);
            Assert.Equal(options.GetProperty("sld_warmup_steps").GetInt32(), settings.WarmupSteps);
            Assert.Equal(options.GetProperty("sld_guidance_scale").GetSingle(), settings.Scale);
            Assert.Equal(options.GetProperty("sld_threshold").GetSingle(), settings.Threshold);
            Assert.Equal(options.GetProperty("sld_momentum_scale").GetSingle(), settings.MomentumScale);
            Assert.Equal(options.GetProperty("sld_mom_beta").GetSingle(), settings.MomentumDecay);
        }
    }

    [Fact]
    public void ALengthThatNoVectorDividesIsComputedToItsEnd()
    {
        // The vector part and the scalar rest must give the same values, so one odd length is compared with single values.
        SafeLatentSettings settings = SafeLatentSettings.Of(SafeLatentPreset.Strong) with { WarmupSteps = 0 };
        float[] u = Values(37, 1), p = Values(37, 2), s = Values(37, 3);
        float[] whole = Term(settings, u, p, s);
        for (int i = 0; i < u.Length; i++) Assert.Equal(Term(settings, [u[i]], [p[i]], [s[i]])[0], whole[i]);
    }

    private static void Compare(string name, SafeLatentSettings settings, float scale, int steps, int batch, int row)
    {
        ReadOnlySpan<float> u = Values(name, "u"), p = Values(name, "p"), s = Values(name, "s"), guided = Values(name, "guided"), momentum = Values(name, "momentum");
        int length = u.Length / steps / batch;
        FakePredictions predictions = new(length, 3);
        SafeLatentState state = new(settings, FakePredictions.Concept, isPrompt: false, FakePredictions.Context(new LatentShape(1, 1, length), steps, scale));
        float[] term = new float[length];
        for (int step = 0; step < steps; step++)
        {
            Range range = new((step * batch + row) * length, (step * batch + row + 1) * length);
            DenoisingStep denoisingStep = new(step, 0, steps);
            predictions.Set(u[range].ToArray(), p[range].ToArray(), s[range].ToArray());
            bool isNeeded = state.SurelyNeeds(denoisingStep).Contains(FakePredictions.Concept);
            GuidanceOutcome outcome = state.ComputeTerm(denoisingStep, predictions.Predictions, term);
            Assert.Equal(step >= settings.WarmupSteps, outcome.IsGuided);
            for (int i = 0; i < length; i++)
            {
                float value = u[range][i] + scale * (p[range][i] - u[range][i]) + (outcome.IsGuided ? term[i] : 0);
                Assert.Equal(guided[range][i], value, Tolerance);
                if (isNeeded) Assert.Equal(momentum[range][i], state.Momentum[i], Tolerance);
            }
        }
    }

    [Fact]
    public void WhereThePromptIsTheConceptTheWholeDirectionIsTaken()
    {
        float[] u = Values(9, 1), p = Values(9, 2);
        SafeLatentSettings settings = SafeLatentSettings.Of(SafeLatentPreset.Max);
        Assert.All(Term(settings, u, p, p), value => Assert.Equal(0, value));
        float[] term = Term(settings, u, p, p, isPrompt: true);
        for (int i = 0; i < u.Length; i++) Assert.Equal(-7.5f * (p[i] - u[i]), term[i], Tolerance);
    }

    private static float[] Term(SafeLatentSettings settings, float[] u, float[] p, float[] s, bool isPrompt = false)
    {
        FakePredictions predictions = new(u.Length, 3);
        predictions.Set(u, p, s);
        SafeLatentState state = new(settings, FakePredictions.Concept, isPrompt, FakePredictions.Context(new LatentShape(1, 1, u.Length), 1, 7.5f));
        float[] term = new float[u.Length];
        Assert.True(state.ComputeTerm(new DenoisingStep(0, 0, 1), predictions.Predictions, term).IsGuided);
        return term;
    }

    private static float[] Values(int length, int seed)
    {
        float[] values = new float[length];
        new TorchNoise(seed).Fill(values);
        return values;
    }

    private static ReadOnlySpan<float> Values(string name, string tensor) => _fixture.Get($"{name}/{tensor}").AsSingles();
}
