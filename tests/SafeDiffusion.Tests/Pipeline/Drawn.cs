namespace SafeDiffusion.Pipeline;

/// <summary>What tests of whole generations compare and listen to.</summary>
internal static class Drawn
{
    /// <summary>Fails unless two generations have the same latents in every step, and the same pictures, to the bit.</summary>
    public static void AssertSame(GenerationResult expected, GenerationResult actual)
    {
        Assert.True(expected.Latents!.Steps.AsSingles().SequenceEqual(actual.Latents!.Steps.AsSingles()));
        Assert.Equal(expected.Images.Count, actual.Images.Count);
        for (int i = 0; i < expected.Images.Count; i++) Assert.True(expected.Images[i].Pixels.Span.SequenceEqual(actual.Images[i].Pixels.Span));
    }
}

/// <summary>Keeps what progress tells, at once and in order.</summary>
internal sealed class Told<T>(List<T> told) : IProgress<T>
{
    public void Report(T value) => told.Add(value);
}
