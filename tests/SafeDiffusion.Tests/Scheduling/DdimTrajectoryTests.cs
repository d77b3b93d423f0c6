using System.Globalization;
using SafeDiffusion.Model.Scheduling;

namespace SafeDiffusion.Scheduling;

/// <summary>
/// Formula layer: whole runs up and down with the model <c>e = tanh(0.3 z + 0.001 t)</c>. Float32 roundings grow along a run, by the
/// model's slope: 1e-4 in all.
/// </summary>
public sealed class DdimTrajectoryTests
{
    private const double Tolerance = 1e-4;
    private static readonly DdimFixture _trajectories = new("ddim-trajectory.safetensors");
    private static readonly DdimFixture _inversions = new("ddim-inversion.safetensors");

    public static TheoryData<string> TrajectoryCases => NamesEndingIn(_trajectories, "/timesteps");

    public static TheoryData<string> InversionCases => NamesEndingIn(_inversions, "/diffusers/timesteps");

    [Fact]
    public void TheFixturesHoldEveryCase()
    {
        Assert.Equal(9, TrajectoryCases.Count);
        Assert.Equal(6, InversionCases.Count);
    }

    [Theory]
    [MemberData(nameof(TrajectoryCases))]
    public void DenoisingFollowsTheReference(string name)
    {
        string[] parts = name.Split('/');
        DdimPlan plan = _trajectories.Scheduler(parts[0]).CreatePlan(int.Parse(parts[1].AsSpan(1), CultureInfo.InvariantCulture));
        float eta = float.Parse(parts[2].AsSpan(3), CultureInfo.InvariantCulture);
        float[] expected = _trajectories.Tensors[$"{name}/latents"].ToSingles();
        float[] noise = eta > 0 ? _trajectories.Tensors[$"{name}/noise"].ToSingles() : new float[expected.Length];
        float[] latents = expected[..256];
        float[] prediction = new float[256];

        Assert.Equal(_trajectories.Tensors[$"{name}/timesteps"].ToInt64s(), plan.Timesteps.Select(timestep => (long)timestep));
        for (int i = 0; i < plan.Timesteps.Length; i++)
        {
            DdimFixture.Predict(latents, plan.Timesteps[i], prediction);
            plan.Step(i, prediction, latents, latents, eta, noise.AsSpan(i * 256, 256));
            DdimFixture.AssertClose(expected.AsSpan((i + 1) * 256, 256), latents, Tolerance, $"{name} step {i}");
        }
    }

    [Theory]
    [MemberData(nameof(InversionCases))]
    public void TheTargetReadingFollowsDiffusers(string name) =>
        AssertInversion(name, "diffusers", "timesteps", DdimInversionReading.TargetTimestep);

    [Theory]
    [MemberData(nameof(InversionCases))]
    public void TheSourceReadingFollowsTheReference(string name) =>
        AssertInversion(name, "current_point", "model_timesteps", DdimInversionReading.SourceTimestep);

    /// <summary>The mean absolute errors of the round trip that spec/pipeline.md states; the target reading is the default.</summary>
    [Theory]
    [InlineData(10, "TargetTimestep", 0.079)]
    [InlineData(10, "SourceTimestep", 0.421)]
    [InlineData(50, "TargetTimestep", 0.020)]
    [InlineData(50, "SourceTimestep", 0.102)]
    public void TheRoundTripGivesTheImageBackUpToItsError(int steps, string reading, double expected)
    {
        DdimPlan plan = _inversions.Scheduler("sd").CreatePlan(steps);
        float[] image = _inversions.Tensors[$"sd/N{steps}/diffusers/latents"].ToSingles()[..256];
        float[] latents = [.. image];
        new DdimInversion(plan, Enum.Parse<DdimInversionReading>(reading)).Invert(latents, DdimFixture.Predict, latents);
        Denoise(plan, latents);
        Assert.Equal(expected, image.Zip(latents, (before, after) => Math.Abs(before - after)).Average(), 5e-4);
    }

    [Fact]
    public void InversionCanBeCancelled()
    {
        DdimInversion inversion = new(_inversions.Scheduler("sd").CreatePlan(10));
        using CancellationTokenSource source = new();
        int asked = 0;
        Assert.Throws<OperationCanceledException>(() => inversion.Invert(new float[4], CancelAtThird, new float[4], source.Token));
        Assert.Equal(3, asked);

        void CancelAtThird(ReadOnlySpan<float> latents, int timestep, Span<float> prediction)
        {
            if (++asked == 3) source.Cancel();
        }
    }

    private static void AssertInversion(string name, string variant, string timesteps, DdimInversionReading reading)
    {
        string[] parts = name.Split('/');
        DdimPlan plan = _inversions.Scheduler(parts[0]).CreatePlan(int.Parse(parts[1].AsSpan(1), CultureInfo.InvariantCulture));
        DdimInversion inversion = new(plan, reading);
        float[] expected = _inversions.Tensors[$"{name}/{variant}/latents"].ToSingles();
        float[] latents = expected[..256];
        float[] prediction = new float[256];

        Assert.Equal(_inversions.Tensors[$"{name}/{variant}/{timesteps}"].ToInt64s(), inversion.ModelTimesteps.Select(timestep => (long)timestep));
        for (int i = 0; i < inversion.ModelTimesteps.Length; i++)
        {
            DdimFixture.Predict(latents, inversion.ModelTimesteps[i], prediction);
            inversion.Step(i, prediction, latents, latents);
            DdimFixture.AssertClose(expected.AsSpan((i + 1) * 256, 256), latents, Tolerance, $"{name} update {i}");
        }
        Denoise(plan, latents);
        DdimFixture.AssertClose(_inversions.Tensors[$"{name}/{variant}/denoised"].ToSingles(), latents, Tolerance, $"{name} and back");
    }

    private static void Denoise(DdimPlan plan, float[] latents)
    {
        float[] prediction = new float[latents.Length];
        for (int i = 0; i < plan.Timesteps.Length; i++)
        {
            DdimFixture.Predict(latents, plan.Timesteps[i], prediction);
            plan.Step(i, prediction, latents, latents);
        }
    }

    private static TheoryData<string> NamesEndingIn(DdimFixture fixture, string suffix) =>
        [.. fixture.Tensors.Tensors.Keys.Where(name => name.EndsWith(suffix, StringComparison.Ordinal)).Select(name => name[..^suffix.Length]).Order()];
}
