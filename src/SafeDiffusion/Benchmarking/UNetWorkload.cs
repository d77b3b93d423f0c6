using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Benchmarking;

/// <summary>What each step computes, and how often it is measured.</summary>
/// <param name="Rows">Rows of a call; a graph that fixes their number gets that many.</param>
/// <param name="LatentSize">Height and width of the latents; null for the model's own.</param>
/// <param name="Repeats">Measurements.</param>
/// <param name="MaxSteps">The most steps that a measurement takes together, where single ones are too short to be timed.</param>
public sealed record UNetWorkload(int Rows, int? LatentSize, int Repeats, int MaxSteps)
{
    /// <exception cref="InvalidRequestException">A number is out of its range.</exception>
    public void Check()
    {
        Require("--rows", Rows, 1, 64);
        Require("--repeats", Repeats, 1, int.MaxValue);
        if (LatentSize is { } size) Require("--latent-size", size, 1, 1024);
    }

    private static void Require(string option, int value, int least, int most)
    {
        if (value >= least && value <= most) return;
        throw new InvalidRequestException(option, most == int.MaxValue ? $"must be at least {least}, and is {value}." : $"must be {least} to {most}, and is {value}.");
    }
}
