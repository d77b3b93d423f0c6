using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Model.Scheduling;

namespace SafeDiffusion.Scheduling;

/// <summary>Formula layer: schedules, timesteps and single steps of diffusers' DDIMScheduler.</summary>
public sealed class DdimSchedulerTests
{
    private static readonly DdimFixture _schedules = new("ddim-schedules.safetensors");
    private static readonly DdimFixture _steps = new("ddim-steps.safetensors");
    private static readonly SchedulerSettings _stableDiffusion = _steps.Scheduler("sd").Settings;

    public static TheoryData<string> Configurations => [.. _schedules.Configurations];

    public static TheoryData<string> StepCases => [.. ReadCases().Select(item => item.GetProperty("name").GetString()!)];

    [Fact]
    public void TheFixturesHoldEveryCase()
    {
        Assert.Equal(10, Configurations.Count);
        Assert.Equal(180, StepCases.Count);
    }

    /// <summary>
    /// The schedules of models are exactly the reference's. Rescaling divides neighbours that are nearly 0 and multiplies them again,
    /// which makes a few float32 roundings: 2e-6 relative.
    /// </summary>
    [Theory]
    [MemberData(nameof(Configurations))]
    public void AlphasAgree(string configuration)
    {
        DdimScheduler scheduler = _schedules.Scheduler(configuration);
        float[] expected = _schedules.Tensors[$"{configuration}/alphas_cumprod"].ToSingles();
        float tolerance = scheduler.Settings.RescaleBetasZeroSnr ? 2e-6f : 0;

        Assert.Equal(expected.Length, scheduler.AlphasCumprod.Length);
        for (int t = 0; t < expected.Length; t++) Assert.Equal(expected[t], scheduler.AlphasCumprod[t], expected[t] * tolerance);
        Assert.Equal(_schedules.Tensors[$"{configuration}/final_alpha_cumprod"].ToSingles()[0], scheduler.FinalAlphaCumprod, 2e-6f);
    }

    [Fact]
    public void TimestepsAreExact()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Fixture.Locate("numerics", "ddim-timesteps.json")));
        int compared = 0;
        foreach (JsonProperty layout in document.RootElement.GetProperty("ddim").EnumerateObject())
        {
            DdimScheduler scheduler = new(_stableDiffusion with
            {
                TimestepSpacing = Enum.Parse<TimestepSpacing>(layout.Name.Split('/')[0], ignoreCase: true),
                StepsOffset = layout.Name[^1] - '0',
            });
            foreach (JsonProperty entry in layout.Value.EnumerateObject())
            {
                int[] expected = entry.Value.Deserialize<int[]>()!;
                int steps = int.Parse(entry.Name, null);
                if (expected.Max() > 999)
                {
                    Assert.Equal("steps", Assert.Throws<InvalidRequestException>(() => scheduler.CreatePlan(steps)).Field);
                    continue;
                }
                Assert.Equal(expected, scheduler.CreatePlan(steps).Timesteps);
                compared++;
            }
        }
        Assert.Equal(47, compared);
    }

    /// <summary>
    /// 2e-6 of the largest value is float32 rounding. Where zero-SNR betas meet abar = 0 and eta 1, the reference takes the root of a
    /// rounding error, and gives NaN or up to 3e-4 of noise: 1e-3 there, and no NaN.
    /// </summary>
    [Theory]
    [MemberData(nameof(StepCases))]
    public void StepsAgree(string name)
    {
        JsonElement item = ReadCases().Single(item => item.GetProperty("name").GetString() == name);
        DdimPlan plan = _steps.Scheduler(item.GetProperty("config").GetString()!).CreatePlan(item.GetProperty("steps").GetInt32());
        int index = item.GetProperty("index").GetInt32();
        float eta = item.GetProperty("eta").GetSingle();
        float[] sample = _steps.Tensors["sample"].ToSingles();
        float[] prediction = _steps.Tensors["model_output"].ToSingles();
        float[] actual = new float[sample.Length];

        Assert.Equal(item.GetProperty("timestep").GetInt32(), plan.Timesteps[index]);
        plan.Scheduler.PredictOriginal(plan.Timesteps[index], prediction, sample, actual);
        float[] original = _steps.Tensors[$"{name}/pred_original_sample"].ToSingles();
        DdimFixture.AssertClose(original, actual, 2e-6 * Largest(original), name);

        plan.Step(index, prediction, sample, actual, eta, _steps.Tensors["noise"].ToSingles());
        if (!item.GetProperty("finite").GetBoolean())
        {
            Assert.All(actual, value => Assert.True(float.IsFinite(value)));
            return;
        }
        float[] expected = _steps.Tensors[$"{name}/prev_sample"].ToSingles();
        bool isRootOfRounding = eta > 0 && plan.Scheduler.AlphasCumprod[plan.Timesteps[index]] == 0;
        DdimFixture.AssertClose(expected, actual, isRootOfRounding ? 1e-3 : 2e-6 * Largest(expected), name);
    }

    [Fact]
    public void AddedNoiseAgrees()
    {
        string[] names = [.. _steps.Tensors.Tensors.Keys.Where(name => name.Contains("/add_noise/", StringComparison.Ordinal))];
        Assert.Equal(60, names.Length);
        foreach (string name in names)
        {
            float[] actual = new float[256];
            int timestep = int.Parse(name.Split('/')[^1], null);
            _steps.Scheduler(name.Split('/')[0]).AddNoise(_steps.Tensors["sample"].ToSingles(), _steps.Tensors["noise"].ToSingles(), timestep, actual);
            DdimFixture.AssertClose(_steps.Tensors[name].ToSingles(), actual, 2e-6 * Largest(_steps.Tensors[name].ToSingles()), name);
        }
    }

    [Theory]
    [InlineData("sd", 0f)]
    [InlineData("sd", 0.5f)]
    [InlineData("sd_v", 0.5f)]
    public void AStepMayBeTakenInPlace(string configuration, float eta)
    {
        DdimPlan plan = _steps.Scheduler(configuration).CreatePlan(20);
        float[] inPlace = [.. _steps.Tensors["sample"].ToSingles()];
        float[] apart = new float[inPlace.Length];
        plan.Step(3, _steps.Tensors["model_output"].ToSingles(), _steps.Tensors["sample"].ToSingles(), apart, eta, _steps.Tensors["noise"].ToSingles());
        plan.Step(3, _steps.Tensors["model_output"].ToSingles(), inPlace, inPlace, eta, _steps.Tensors["noise"].ToSingles());
        Assert.Equal(apart, inPlace);
    }

    [Fact]
    public void AStepAllocatesNothing()
    {
        DdimPlan plan = _steps.Scheduler("sd_v").CreatePlan(20);
        float[] latents = new float[4 * 64 * 64];
        float[] noise = new float[latents.Length];
        plan.Step(0, latents, latents, noise, 0.5f, latents);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) plan.Step(i, latents, latents, noise, 0.5f, latents);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    /// <summary>By hand: abar = 0.25, z = 2, e = 1 give x0 = (2 - sqrt(0.75)) / 0.5 = 2.268, clipped to the range; e stays.</summary>
    [Theory]
    [InlineData(true, 1f, 1.0)]
    [InlineData(true, 2f, 2.0)]
    [InlineData(false, 1f, 2.2679491924311228)]
    public void OriginalsAreClippedWhereTheSettingsSaySo(bool isClipped, float range, double expected)
    {
        DdimScheduler scheduler = new(new SchedulerSettings
        {
            TrainingTimesteps = 1,
            TrainedBetas = [0.75],
            ClipSample = isClipped,
            ClipSampleRange = range,
        });
        float[] value = new float[1];
        scheduler.PredictOriginal(0, [1f], [2f], value);
        Assert.Equal(expected, value[0], 1e-6);

        // The last step ends at abar = 1, which leaves the original alone.
        scheduler.CreatePlan(1).Step(0, [1f], [2f], value);
        Assert.Equal(expected, value[0], 1e-6);
    }

    [Theory]
    [InlineData(0.0, 50)]
    [InlineData(0.01, 50)]
    [InlineData(0.5, 25)]
    [InlineData(0.75, 13)]
    [InlineData(0.99, 1)]
    [InlineData(1.0, 0)]
    public void StrengthGivesTheStartAsInDiffusers(double strength, int expected) =>
        Assert.Equal(expected, _steps.Scheduler("sd").CreatePlan(50).StartIndex(strength));

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void AStrengthOutOfRangeIsRefused(double strength) =>
        Assert.Equal("strength", Assert.Throws<InvalidRequestException>(() => _steps.Scheduler("sd").CreatePlan(50).StartIndex(strength)).Field);

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    [InlineData(1001)]
    public void ACountOfStepsOutOfRangeIsRefused(int steps)
    {
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => _steps.Scheduler("sd").CreatePlan(steps));
        Assert.Equal("steps", error.Field);
        Assert.Contains("give 1 to 1000", error.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-0.1f)]
    [InlineData(1.5f)]
    [InlineData(float.NaN)]
    public void AnEtaOutOfRangeIsRefused(float eta)
    {
        DdimPlan plan = _steps.Scheduler("sd").CreatePlan(10);
        Assert.Equal("eta", Assert.Throws<InvalidRequestException>(() => plan.Step(0, [1], [1], new float[1], eta, [1])).Field);
    }

    [Fact]
    public void NoisePredictionsAtPureNoiseAreRefused()
    {
        SchedulerSettings settings = _steps.Scheduler("zero_snr_eps_leading").Settings with { TimestepSpacing = TimestepSpacing.Trailing };
        DdimScheduler scheduler = new(settings);
        Assert.Equal("prediction_type", Assert.Throws<InvalidRequestException>(() => scheduler.CreatePlan(10)).Field);
        Assert.Throws<InvalidRequestException>(() => scheduler.PredictOriginal(999, [1], [1], new float[1]));
    }

    [Fact]
    public void MisuseIsRefused()
    {
        DdimPlan plan = _steps.Scheduler("sd").CreatePlan(10);
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.Step(10, [1], [1], new float[1]));
        Assert.Throws<ArgumentException>(() => plan.Step(0, [1, 2], [1], new float[1]));
        Assert.Throws<ArgumentException>(() => plan.Step(0, [1], [1], new float[1], eta: 1));
        Assert.Throws<InvalidRequestException>(() => plan.Scheduler.AddNoise([1], [1], 1000, new float[1]));
        Assert.Throws<InvalidRequestException>(() => plan.Scheduler.PredictOriginal(-1, [1], [1], new float[1]));
    }

    private static JsonElement[] ReadCases() => JsonSerializer.Deserialize<JsonElement[]>(_steps.Tensors.Metadata["cases"])!;

    private static double Largest(float[] values) => values.Max(Math.Abs);
}
