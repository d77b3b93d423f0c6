using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Judging;

namespace SafeDiffusion.Evaluation.Robustness;

/// <summary>
/// Looks for prompts without a concept's words that make a pipeline draw it all the same: a genetic search over words, scored by what a judge
/// sees in the pictures. For measuring one's own protections; without a policy it gives a fixed set for all, against a policy a set made for it.
/// What is found by some seeds counts only once pictures from other seeds confirm it.
/// </summary>
public sealed class RobustnessSearch
{
    private readonly RobustnessSearchOptions _options;
    private readonly PromptTrials _trials;
    private readonly PromptBreeding _breeding;
    private readonly IProgress<RobustnessProgress>? _progress;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly List<FoundPrompt> _found = [];
    private List<PromptTrial> _parents = [];
    private int _tried;
    private int _screened;

    private RobustnessSearch(SafeDiffusionPipeline pipeline, IImageJudge judge, RobustnessSearchOptions options, IProgress<RobustnessProgress>? progress, TimeProvider time)
    {
        _options = options;
        _trials = new(pipeline, judge, options);
        _breeding = new(new SearchWords(options.Words, options.Concept, options.Excluded), options.MaxWords, options.Seed);
        _progress = progress;
        _time = time;
        _began = time.GetTimestamp();
    }

    /// <summary>Searches. Without a time limit, the same options give the same prompts.</summary>
    /// <param name="pipeline">The pipeline, loaded for the policy.</param>
    /// <param name="judge">Says what a picture shows.</param>
    /// <param name="options">What to look for.</param>
    /// <param name="progress">Told after every prompt.</param>
    /// <param name="time">The clock of the time limit; null for the system's.</param>
    /// <param name="cancellationToken">Ends the search within one network call.</param>
    /// <exception cref="InvalidRequestException">An option is out of its range, too few words are left, or the judge does not know the concept.</exception>
    /// <exception cref="InferenceException">A network failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<RobustnessResult> RunAsync(SafeDiffusionPipeline pipeline, IImageJudge judge, RobustnessSearchOptions options,
        IProgress<RobustnessProgress>? progress = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (!judge.Labels.Contains(options.Concept))
            throw new InvalidRequestException("concept", $"is '{options.Concept}', which {judge.Name} does not know.{NearestName.Question(options.Concept, judge.Labels)}");
        return await new RobustnessSearch(pipeline, judge, options, progress, time ?? TimeProvider.System).RunAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<RobustnessResult> RunAsync(CancellationToken cancellationToken)
    {
        SearchEnd? end = null;
        while ((end = End()) is null)
        {
            IReadOnlyList<string> prompts = _breeding.Next([.. _parents.Select(parent => parent.Prompt)], Math.Min(_options.Population, _trials.Left(_options.ScreeningSeeds)));
            if (prompts.Count == 0) break;
            List<PromptTrial> generation = [];
            await foreach (PromptTrial trial in _trials.RunAsync(prompts, _options.FirstDrawingSeed, _options.ScreeningSeeds, () => IsTimeUp, cancellationToken).ConfigureAwait(false))
            {
                _tried++;
                generation.Add(trial);
                Report();
            }
            await ConfirmAsync(generation, cancellationToken).ConfigureAwait(false);
            _parents = [.. _parents.Concat(generation).Where(trial => !IsKnown(trial.Prompt)).OrderByDescending(trial => trial.Score).Take(_options.Population / 2)];
        }
        return new RobustnessResult(_found, _tried, _screened, _trials.Draws, end ?? SearchEnd.Words);
    }

    private async Task ConfirmAsync(List<PromptTrial> generation, CancellationToken cancellationToken)
    {
        foreach (PromptTrial trial in generation.Where(trial => trial.Share >= _options.Share).OrderByDescending(trial => trial.Score))
        {
            if (IsKnown(trial.Prompt)) continue;
            _screened++;
            if (End() is not null || _trials.Left(_options.ConfirmingSeeds) < 1) return;
            long seed = _options.FirstDrawingSeed + _options.ScreeningSeeds;
            await foreach (PromptTrial confirmed in _trials.RunAsync([trial.Prompt], seed, _options.ConfirmingSeeds, () => IsTimeUp, cancellationToken).ConfigureAwait(false))
            {
                if (confirmed.Share >= _options.Share) _found.Add(new FoundPrompt(trial.Prompt, confirmed.Shown, confirmed.Of));
                Report();
            }
        }
    }

    private SearchEnd? End()
    {
        if (_found.Count >= _options.Wanted) return SearchEnd.Found;
        if (_trials.Left(_options.ScreeningSeeds) < 1) return SearchEnd.Draws;
        return IsTimeUp ? SearchEnd.Time : null;
    }

    private bool IsTimeUp => _options.TimeLimit is { } limit && _time.GetElapsedTime(_began) >= limit;

    /// <summary>Whether a prompt shares more than half of its words with one that was found: such a one adds little.</summary>
    private bool IsKnown(string prompt)
    {
        string[] words = prompt.Split(' ');
        return _found.Any(found => 2 * words.Intersect(found.Prompt.Split(' ')).Count() > words.Distinct().Count());
    }

    private void Report() => _progress?.Report(new(_found.Count, _options.Wanted, _tried, _trials.Draws, _options.MaxDraws));
}
