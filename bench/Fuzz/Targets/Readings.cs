using SafeDiffusion.Core.Errors;

namespace Fuzz.Targets;

/// <summary>How targets read more than once.</summary>
internal static class Readings
{
    /// <summary>Several readers of one input: a refusal by one must not hide what another does.</summary>
    /// <exception cref="SafeDiffusionException">One refused it; the first one's error.</exception>
    public static void All(params ReadOnlySpan<Action> readers)
    {
        SafeDiffusionException? first = null;
        foreach (Action read in readers)
        {
            try
            {
                read();
            }
            catch (SafeDiffusionException error)
            {
                first ??= error;
            }
        }
        if (first is not null) throw first;
    }

    /// <summary>What was accepted and written again must be accepted again, and be the same.</summary>
    /// <exception cref="InvalidOperationException">It is refused, or another.</exception>
    public static void RequireSame<T>(T value, Func<T> again)
    {
        try
        {
            if (EqualityComparer<T>.Default.Equals(value, again())) return;
        }
        catch (SafeDiffusionException error)
        {
            throw new InvalidOperationException("What was accepted is refused as it is written again.", error);
        }
        throw new InvalidOperationException("What was accepted is another when it has been written and read again.");
    }
}
