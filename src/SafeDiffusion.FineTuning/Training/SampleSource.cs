using SafeDiffusion.Core.Errors;
using SafeDiffusion.FineTuning.Losses;
using SafeDiffusion.Model.Text;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Training;

/// <summary>Draws what each update is trained on; an update's sample depends on the seed and its number alone, so that a run can be resumed.</summary>
internal sealed class SampleSource(
    SafeDiffusionPipeline pipeline, FineTuningOptions options, Trajectories trajectories, Trajectories? unconditional, Trajectories? retained) : IDisposable
{
    private readonly Dictionary<string, Tensor> _texts = [];

    /// <summary>A text's states, <c>[1, N, D]</c>.</summary>
    public Tensor Encode(string text)
    {
        if (_texts.TryGetValue(text, out Tensor? known)) return known;
        TextStates states = pipeline.EncodeText(text);
        return _texts[text] = tensor(states.Values.ToArray(), [1, states.Tokens, states.Width]).DetachFromDisposeScope();
    }

    /// <summary>Refuses a prompt that says none of the implicit signal's words, which would be trained on nothing.</summary>
    /// <exception cref="InvalidRequestException">There is one.</exception>
    public static void RequireWords(SafeDiffusionPipeline pipeline, FineTuningOptions options)
    {
        if (options.ImplicitWords.Count == 0) return;
        if (options.Prompts.FirstOrDefault(prompt => !TokensOfWords(pipeline.EncodeText(prompt), options).Any()) is { } without)
            throw new InvalidRequestException("prompts", $"hold \"{without}\", which says none of the words of the implicit signal ({string.Join(", ", options.ImplicitWords)}).");
    }

    private static IEnumerable<int> TokensOfWords(TextStates states, FineTuningOptions options) =>
        options.ImplicitWords.SelectMany(states.Text!.FindSpans).SelectMany(span => Enumerable.Range(span.Start, span.Length)).Distinct();

    /// <summary>The factors of a prompt's tokens, <c>[1, N]</c>.</summary>
    private Tensor Factors(string prompt)
    {
        TextStates states = pipeline.EncodeText(prompt);
        float[] factors = [.. Enumerable.Repeat(1f, states.Tokens)];
        foreach (int token in TokensOfWords(states, options)) factors[token] = (float)options.TokenFactor;
        return tensor(factors, [1, states.Tokens]);
    }

    /// <summary>The sample of an update. A batch is of one timestep, and one prompt.</summary>
    public TrainingSample Draw(int update)
    {
        Random random = new(unchecked((int)options.Seed * 7919 + update));
        double share = options.EffectiveErasingShare;
        (float[] first, int timestep, int prompt) = trajectories.Draw(random, share);
        List<float[]> rows = [first];
        for (int tries = 0; rows.Count < options.Batch && tries < 10_000; tries++)
        {
            (float[] next, int other, int otherPrompt) = trajectories.Draw(random, share);
            if (other == timestep && otherPrompt == prompt) rows.Add(next);
        }
        TrainingSample sample = new(Rows(rows), timestep, Encode(options.Prompts[prompt]), Encode(""));
        if (options.ImplicitWords.Count > 0) sample = sample with { TokenScale = Factors(options.Prompts[prompt]) };
        if (unconditional is not null) sample = WithUnconditional(sample, unconditional, random, prompt);
        if (retained is null) return sample;
        (float[] Latents, int Prompt)[] kept = retained.DrawAtOneStep(random, options.RetainedBatch, out int keptTimestep);
        return sample with
        {
            Retained = Rows([.. kept.Select(one => one.Latents)]),
            RetainedTimestep = keptTimestep,
            RetainedText = cat([.. kept.Select(one => Encode(options.RetainedPrompts[one.Prompt]))]),
        };
    }

    private TrainingSample WithUnconditional(TrainingSample sample, Trajectories trajectories, Random random, int prompt)
    {
        (float[] held, int heldTimestep, _) = trajectories.Draw(random, 1);
        return sample with
        {
            Safe = Encode(options.SafePrompts[options.SafePrompts.Count == 1 ? 0 : prompt]),
            Unconditional = Rows([held]),
            UnconditionalTimestep = heldTimestep,
        };
    }

    public void Dispose()
    {
        foreach (Tensor text in _texts.Values) text.Dispose();
    }

    private Tensor Rows(IReadOnlyList<float[]> rows) => cat([.. rows.Select(row => tensor(row, trajectories.Shape))]);
}
