using System.Text.Json;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Model.Scheduling;

namespace SafeDiffusion.Scheduling;

/// <summary>The reference's values of one ddim file, and the schedulers of its configurations.</summary>
internal sealed class DdimFixture
{
    private readonly Dictionary<string, DdimScheduler> _schedulers;

    public DdimFixture(string file)
    {
        Tensors = SafeTensorsFile.Load(Fixture.Locate("numerics", file));
        using JsonDocument configs = JsonDocument.Parse(Tensors.Metadata["configs"]);
        _schedulers = configs.RootElement.EnumerateObject().ToDictionary(
            config => config.Name, config => new DdimScheduler(SchedulerSettings.Parse(config.Value.GetRawText(), config.Name)));
    }

    public SafeTensorsFile Tensors { get; }

    public IEnumerable<string> Configurations => _schedulers.Keys;

    public DdimScheduler Scheduler(string configuration) => _schedulers[configuration];

    /// <summary>The trajectories' and inversions' model, <c>e = tanh(0.3 z + 0.001 t)</c> in float32.</summary>
    public static void Predict(ReadOnlySpan<float> latents, int timestep, Span<float> prediction)
    {
        for (int i = 0; i < latents.Length; i++) prediction[i] = MathF.Tanh(0.3f * latents[i] + 0.001f * timestep);
    }

    public static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.False(float.IsNaN(actual[i]), what);
            worst = Math.Max(worst, Math.Abs((double)expected[i] - actual[i]));
        }
        Assert.True(worst <= tolerance, $"{what}: differs by {worst}, allowed is {tolerance}");
    }
}
