using System.Collections.Immutable;
using System.Numerics.Tensors;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Methods.LinearErasure;

/// <summary>
/// Says where in a text a concept begins, token by token: <c>σ(s(e) + b)</c> with a score that is linear in the token's state,
/// <c>w · e</c>, or a kernel map of it. A token of the text (from the first word to the end-of-text) opens the gate where that is at
/// or above the threshold; from the first that does on the gate is 1, since a causal encoder lets every later token read it, and before it
/// exactly 0. Immutable.
/// </summary>
public sealed class ErasureGate
{
    private readonly float[] _weights;

    /// <summary>Makes a gate that is linear in a token's state, a logistic regression.</summary>
    /// <param name="weights">w, <c>[D]</c>.</param>
    /// <param name="bias">b.</param>
    /// <param name="threshold">From which value on a token opens it, above 0 and below 1.</param>
    /// <exception cref="ArgumentException">A value is not finite, or the threshold out of range.</exception>
    public ErasureGate(float[] weights, float bias, float threshold)
        : this(weights, null, bias, threshold)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Length == 0 || !weights.All(float.IsFinite)) throw new ArgumentException("A gate's weights must be finite numbers, at least one.", nameof(weights));
    }

    /// <summary>Makes a gate by a kernel map with one output.</summary>
    /// <exception cref="ArgumentException">The map gives several values, or the threshold is out of range.</exception>
    public ErasureGate(KernelMap kernel, float bias, float threshold)
        : this([], kernel, bias, threshold)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        if (kernel.Outputs != 1) throw new ArgumentException($"A gate's kernel map gives one value, not {kernel.Outputs}.", nameof(kernel));
    }

    private ErasureGate(float[] weights, KernelMap? kernel, float bias, float threshold)
    {
        if (!float.IsFinite(bias)) throw new ArgumentException($"A gate's bias must be finite, and is {bias}.", nameof(bias));
        if (threshold is not (> 0 and < 1)) throw new ArgumentException($"A gate's threshold must be above 0 and below 1, and is {threshold}.", nameof(threshold));
        (_weights, Kernel, Bias, Threshold) = (weights, kernel, bias, threshold);
    }

    /// <summary>w, <c>[D]</c>; empty where the score is a kernel map.</summary>
    public ReadOnlySpan<float> Weights => _weights;

    /// <summary>The score as a kernel map; null where it is linear.</summary>
    public KernelMap? Kernel { get; }

    /// <summary>b.</summary>
    public float Bias { get; }

    /// <summary>From which value on a token opens the gate.</summary>
    public float Threshold { get; }

    /// <summary>D.</summary>
    public int TextWidth => Kernel?.Width ?? _weights.Length;

    /// <summary>The value at one token's state, 0 to 1.</summary>
    /// <param name="state">The state, <c>[D]</c>.</param>
    public float Value(ReadOnlySpan<float> state)
    {
        if (Kernel is null) return Sigmoid(TensorPrimitives.Dot(state, _weights) + Bias);
        Span<float> score = [0];
        Kernel.AddTo(state, score);
        return Sigmoid(score[0] + Bias);
    }

    /// <summary>Reads a text's words. An end-of-text has read all of them and is none: it does not tell a conjunction from its halves.</summary>
    /// <param name="text">Its states; of states that stand for no text, every token but the first is read.</param>
    public GateReading Read(TextStates text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int last = LastOfText(text);
        float largest = 0;
        ImmutableArray<int>.Builder open = ImmutableArray.CreateBuilder<int>();
        for (int token = Math.Min(1, last); token <= last; token++)
        {
            if (IsEnd(text, token)) continue;
            float value = Value(text.Token(token));
            largest = Math.Max(largest, value);
            if (value >= Threshold) open.Add(token);
        }
        return new(largest, open.ToImmutable());
    }

    /// <summary>The first end-of-text, or the last word behind it: a request may keep special tokens, and what follows them is read as well.</summary>
    private static int LastOfText(TextStates text)
    {
        if (text.Text is not { } tokens) return text.Tokens - 1;
        int last = tokens.Ids.Length - 1;
        while (last > tokens.EndPosition && (tokens.Ids[last] == tokens.Ids[^1] || tokens.Ids[last] == tokens.Ids[tokens.EndPosition])) last--;
        return last;
    }

    private static bool IsEnd(TextStates text, int token) => text.Text is { } tokens && tokens.Ids[token] == tokens.Ids[tokens.EndPosition];

    private static float Sigmoid(float score) => 1 / (1 + MathF.Exp(-score));
}

/// <summary>What a gate read in a text.</summary>
/// <param name="Largest">The largest value of a token, 0 to 1.</param>
/// <param name="Open">The positions of the tokens that opened it, in order; empty where it stayed closed.</param>
public readonly record struct GateReading(float Largest, ImmutableArray<int> Open)
{
    /// <summary>Whether a token opened it.</summary>
    public bool IsOpen => !Open.IsDefaultOrEmpty;
}
