using SafeDiffusion.Instrumentation.Additions;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph: where concepts are inhibited, in every exporter's writing. <see cref="WritingTests"/> compares masks with the formulas.</summary>
public sealed class InhibitorMaskTests
{
    [Theory]
    [MemberData(nameof(FixtureCase.Runnable), MemberType = typeof(FixtureCase))]
    public void Ones_are_the_same_as_no_mask_and_zeros_as_no_inhibition(string name)
    {
        FixtureCase fixture = new(name);
        using TestSession session = new(fixture.Instrumented(AttentionFeatures.All));
        foreach (bool wide in new[] { false, true })
        {
            Dictionary<string, TestTensor> inputs = fixture.Inputs(wide, "inhibitor_scale");
            Assert.Equal(Output(inputs), Output(Masked(inputs, _ => 1)));
            Assert.Equal(Output(fixture.Inputs(wide)), Output(Masked(inputs, _ => 0)));
            Assert.NotEqual(Output(inputs), Output(Masked(inputs, column => column < 4 ? 1 : 0)));

            float[] Output(Dictionary<string, TestTensor> given) => session.Run(fixture.Timestep, given)[fixture.Output].Values;
        }
    }

    /// <summary>A concept in one half of the picture and once more in the other half is the concept everywhere.</summary>
    [Theory]
    [MemberData(nameof(FixtureCase.Runnable), MemberType = typeof(FixtureCase))]
    public void Two_halves_are_the_whole(string name)
    {
        FixtureCase fixture = new(name);
        using TestSession session = new(fixture.Instrumented(AttentionFeatures.Inhibit));
        foreach (string wide in new[] { "", "_wide" })
        {
            Dictionary<string, TestTensor> inputs = fixture.Inputs(wide.Length > 0, "inhibitor_scale");
            long concepts = inputs["inhibitor_scale"].Shape[1];
            inputs["inhibitor_hidden_states"] = Twice(inputs["inhibitor_hidden_states"]);
            inputs["inhibitor_scale"] = Twice(inputs["inhibitor_scale"]);
            TestTensor output = session.Run(fixture.Timestep, Masked(inputs, (concept, column) => column < 4 == concept < concepts ? 1 : 0))[fixture.Output];
            fixture.AssertClose(fixture.Reference[$"out_sample_inhibit{wide}"], output);
        }
    }

    private static Dictionary<string, TestTensor> Masked(Dictionary<string, TestTensor> inputs, Func<int, float> valueAt) => Masked(inputs, (_, column) => valueAt(column));

    private static Dictionary<string, TestTensor> Masked(Dictionary<string, TestTensor> inputs, Func<int, int, float> valueAt)
    {
        (long[] sample, long[] scale) = (inputs["sample"].Shape, inputs["inhibitor_scale"].Shape);
        TestTensor mask = TestTensor.Filled(0, scale[0], scale[1], sample[2], sample[3]);
        for (int i = 0; i < mask.Values.Length; i++) mask.Values[i] = valueAt((int)(i / (sample[2] * sample[3]) % scale[1]), (int)(i % sample[3]));
        return new(inputs) { ["inhibitor_mask"] = mask };
    }

    /// <summary>Each row's concepts, and the same once more.</summary>
    private static TestTensor Twice(TestTensor tensor)
    {
        int row = tensor.Values.Length / (int)tensor.Shape[0];
        return new([tensor.Shape[0], 2 * tensor.Shape[1], .. tensor.Shape[2..]], [.. tensor.Values.Chunk(row).SelectMany(values => values.Concat(values))]);
    }
}
