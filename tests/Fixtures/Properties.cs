using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace SafeDiffusion.Fixtures;

/// <summary>Checks properties with inputs that are the same on every run.</summary>
internal static class Properties
{
    /// <summary>Asserts that <paramref name="holds"/> does not throw, for <paramref name="count"/> inputs of a generator.</summary>
    public static void ForAll<T>(Gen<T> inputs, Action<T> holds, int count = 200, ulong seed = 20260101)
    {
        // SplitMix's increment must be odd.
        Replay replay = new(new Rnd(seed, 0x9E3779B97F4A7C15), FSharpOption<int>.None);
        Config config = Config.QuickThrowOnFailure.WithMaxTest(count).WithQuietOnSuccess(true).WithReplay(FSharpOption<Replay>.Some(replay));
        Check.One(config, Prop.ForAll(inputs.ToArbitrary(), holds));
    }
}
