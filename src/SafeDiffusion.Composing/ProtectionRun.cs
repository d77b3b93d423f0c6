using System.Collections.Immutable;
using System.Globalization;
using SafeDiffusion.Composing.Assets;
using SafeDiffusion.Composing.Candidates;
using SafeDiffusion.Composing.Prompts;
using SafeDiffusion.Composing.Replacing;
using SafeDiffusion.Composing.Reporting;
using SafeDiffusion.Composing.Selecting;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Runs;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Composing;

/// <summary>One run of <see cref="ConceptProtector"/>. Its parts are drawn by evaluation runs, which go on where they were cut off.</summary>
internal sealed class ProtectionRun(string model, ConceptProtectionOptions options, string folder, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
{
    /// <summary>What the work needs: pictures and results, to go on from.</summary>
    public const string RunFolder = "run";

    private const string AssetFolder = "assets";
    private const int SeedsPerPart = 1_000_000;

    private readonly WorkClock _clock = new(options.Pipeline.TimeProvider, progress);
    private readonly LimitCheck _check = new(options.Limits);
    private readonly Ranking _ranking = new(options.Limits, options.Candidates.Where(candidate => candidate.Watches).Select(candidate => candidate.Name).ToHashSet());

    public async Task<ProtectionOutcome> RunAsync()
    {
        using IImageJudge judge = options.Judge.Create(options.JudgeFolder, options.Pipeline.Provider);
        string label = RequireLabel(judge);
        Vocabulary words = Vocabulary.Create(options.Concept, options.Synonyms, options.Keep, options.Harmless, judge.Labels, label);
        RequireKept(words);
        Directory.CreateDirectory(Path.Combine(folder, RunFolder));

        _clock.Tell(ProtectionStage.Measuring, "measuring how fast the model is");
        InsteadChooser chooser = new(words, options.Instead);
        Survey survey = await Survey.OfAsync(model, options, chooser, cancellationToken).ConfigureAwait(false);
        PlanTimes(survey, words);
        _clock.Tell(ProtectionStage.Estimated, Estimate());

        InsteadChoice instead = await ChooseInsteadAsync(chooser, survey.Options, label).ConfigureAwait(false);
        PromptGrammar grammar = new(words, options.Prompts, instead.Thing);
        (IReadOnlyList<AssetNote> assets, Ingredients parts) = await LearnAsync(survey, words, grammar, instead, judge, label).ConfigureAwait(false);
        Composition composition = await ComposeAsync(parts, assets, survey.ReadsPictures).ConfigureAwait(false);
        IReadOnlyList<CandidateNote> candidates = await CompareAsync(composition, grammar, label, survey.ReadsPictures).ConfigureAwait(false);
        CandidateNote best = candidates[0];
        CandidateNote? chosen = best.Missed.Count == 0 ? best : null;

        SuitePolicy[] shown = [InsteadChooser.Policy, .. Shown(candidates).Select(name => composition.Policies.First(policy => policy.Policy.Name == name).Policy)];
        ImmutableArray<PromptSet> sets = grammar.Sets(PromptPart.Report, options.ReportPictures, FirstSeed(PromptPart.Report), survey.ReadsPictures);
        EvaluationOutcome outcome = await MeasureAsync("report", sets, shown, label, ProtectionStage.Reporting, "measuring on other prompts and seeds").ConfigureAwait(false);
        FigureCounter counter = new(outcome.Results, outcome.Description);
        PolicyFigures[] measured = [.. shown.Select(policy => counter.Of(policy.Name))];
        PolicyFigures figures = measured.First(figures => figures.Policy == best.Name);
        bool isWritten = chosen is not null || options.Force;
        ProtectionReport report = new()
        {
            Concept = words.Concept,
            Synonyms = words.Synonyms,
            Instead = instead,
            Keep = new(words.Near, words.NearFrom, words.Things, words.Captions),
            Limits = options.Limits,
            Assets = assets,
            Candidates = candidates,
            Chosen = chosen?.Name,
            Written = isWritten ? best.Name : null,
            Measured = measured,
            NotReached = _check.Missed(figures),
            NotProven = _check.Unproven(figures),
            Run = outcome.Description,
            Seeds = Enum.GetValues<PromptPart>().ToDictionary(part => part.ToString().ToLowerInvariant(), part => new SeedRange(FirstSeed(part), FirstSeed(part) + SeedsPerPart)),
        };
        SafetyPolicy? policy = isWritten ? shown.First(policy => policy.Name == best.Name).Policy : null;
        return new()
        {
            Folder = folder,
            Policy = policy,
            Holds = chosen is not null && !_check.SurelyMisses(figures),
            Report = report,
            Files = OutputFiles.Write(folder, policy, report, outcome, counter, best.Name),
        };
    }

    private string RequireLabel(IImageJudge judge)
    {
        string label = options.ConceptLabel;
        if (judge.Labels.Contains(label)) return label;
        throw new InvalidRequestException(
            options.Label is null ? "concept" : "label", $"is '{label}', which the judge '{judge.Name}' does not know.{NearestName.Question(label, judge.Labels)} It knows {string.Join(", ", judge.Labels.Take(12))}{(judge.Labels.Length > 12 ? " and more" : "")}. Name its label of the concept, or give a judge that sees it.");
    }

    /// <summary>A policy that is compared on nothing but the concept may destroy all else, and nobody would know.</summary>
    private static void RequireKept(Vocabulary words)
    {
        if (words.Near.Length + words.Things.Length + words.Captions.Length > 0) return;
        throw new InvalidRequestException("harmless", "is missing: there is nothing that is to be kept, and the judge knows no other label. Give harmless captions, and near misses to keep.");
    }

    private long FirstSeed(PromptPart part) => options.Seed + ((long)part * SeedsPerPart);

    private void PlanTimes(Survey survey, Vocabulary words)
    {
        double picture = survey.SecondsPerRow * options.Steps * 2;
        int sets = new PromptGrammar(words, options.Prompts, null).Sets(PromptPart.Selection, 1, 0, survey.ReadsPictures).Length;
        bool draws = options.Instead is null || words.Labels.Contains(Phrase.Bare(options.Instead));
        foreach ((int index, InsteadRound round) in InsteadChooser.Rounds.Index())
        {
            _clock.Plan(InsteadRun(index), draws && (index == 0 || survey.Options.Count > 1) ? picture * round.Pictures * Math.Clamp(survey.Options.Count, 1, round.Things) : 0);
        }
        LearningTask task = TaskOf(survey, words, new PromptGrammar(words, [], null), new(null, false, []), null);
        _clock.Plan("learning", AssetRecipe.All.Where(IsNeeded).Sum(recipe => picture * recipe.Pictures(task) * 1.3));
        double[] costs = [.. options.Candidates.Select(candidate => candidate.Cost).Order()];
        IReadOnlyList<SelectionRound> rounds = SelectionRound.Plan(costs.Length, options.SelectionPictures);
        int before = 0;
        foreach ((int index, SelectionRound round) in rounds.Index())
        {
            int more = round.Pictures - before;
            _clock.Plan($"round {index + 1}", picture * sets * more * (1 + (costs.Average() * round.Candidates)));
            before = round.Pictures;
        }
        _clock.Plan("report", picture * sets * options.ReportPictures * (1 + (2 * costs.Average())));
    }

    private string Estimate() => $"this takes about {Minutes(_clock.Total)}: learning {Minutes(_clock.Of("learning"))}, the figures {Minutes(_clock.Of("report"))}, the rest for choosing; what is there already is not done again";

    private static string Minutes(TimeSpan time) => time.TotalMinutes < 1.5
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, time.TotalSeconds):0} s")
        : time.TotalHours < 2 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min") : string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.0} h");

    private async Task<InsteadChoice> ChooseInsteadAsync(InsteadChooser chooser, IReadOnlyList<InsteadOption> things, string label)
    {
        List<EvaluationOutcome> rounds = [];
        while (rounds.Count < InsteadChooser.Rounds.Length)
        {
            IReadOnlyList<InsteadOption> left = chooser.Left(things, rounds);
            if (left.Count == 0 || (left.Count == 1 && rounds.Count > 0)) break;
            ImmutableArray<PromptSet> sets = chooser.Sets(left, rounds.Count, FirstSeed(PromptPart.Learning) + (SeedsPerPart / 2));
            rounds.Add(await MeasureAsync(InsteadRun(rounds.Count), sets, [InsteadChooser.Policy], label, ProtectionStage.ChoosingInstead, "looking what is drawn well").ConfigureAwait(false));
        }
        return chooser.Choose(things, rounds);
    }

    private static string InsteadRun(int round) => $"instead-{round + 1}";

    private LearningTask TaskOf(Survey survey, Vocabulary words, PromptGrammar grammar, InsteadChoice instead, Training.Annotation.IMaskAnnotator? annotator) => new()
    {
        Model = model,
        WeightsHash = survey.WeightsHash,
        Concept = words.Concept,
        Synonyms = words.Synonyms,
        Asked = words.Asked,
        Instead = instead.Thing,
        Keep = [.. words.Near, .. words.Things],
        Prompts = grammar.Unsafe(options.UnsafePictures),
        SafePrompts = grammar.Safe(options.SafePictures),
        OwnPrompts = grammar.OwnToLearn,
        Annotator = annotator,
        UnsafePictures = options.UnsafePictures,
        SafePictures = options.SafePictures,
        Steps = options.Steps,
        GuidanceScale = options.GuidanceScale,
        Seed = FirstSeed(PromptPart.Learning),
        Layers = options.Layers,
        Pipeline = options.Pipeline,
    };

    private bool IsNeeded(AssetRecipe recipe) => options.Candidates.Any(candidate => candidate.Needs.Contains(recipe.Kind));

    private async Task<(IReadOnlyList<AssetNote> Notes, Ingredients Parts)> LearnAsync(
        Survey survey, Vocabulary words, PromptGrammar grammar, InsteadChoice instead, IImageJudge judge, string label)
    {
        // A judge that finds boxes marks the concept as well, if coarsely.
        bool findsBoxes = options.Judge is OnnxDetectorSettings;
        LearningTask task = TaskOf(survey, words, grammar, instead, options.Annotator ?? (findsBoxes ? new BoxAnnotator(judge, label) : null));
        AssetShelf shelf = new(Path.Combine(folder, AssetFolder), task);
        AssetRecipe[] recipes = [.. AssetRecipe.All.Where(IsNeeded)];
        List<AssetNote> notes = [];
        _clock.Begin("learning");
        foreach ((int index, AssetRecipe recipe) in recipes.Index())
        {
            if (recipe.Fault(task) is { } fault)
            {
                notes.Add(new(recipe.Kind, null, fault));
                continue;
            }
            Synchronous<double> share = new(value => _clock.Tell(ProtectionStage.Learning, $"learning the {recipe.Kind}", (index + value) / recipes.Length));
            try
            {
                await shelf.LearnAsync(recipe, share, cancellationToken).ConfigureAwait(false);
            }
            // Words that an erasure cannot be learned from are a reason to do without.
            catch (InvalidRequestException error) when (recipe.Kind == AssetRecipe.Erasure)
            {
                notes.Add(new(recipe.Kind, null, error.Message));
                continue;
            }
            // Layers that somebody named and that are not there are an error; that a model lacks those of the default is a reason to do without.
            catch (Exception error) when (error is GraphNotUnderstoodException || error is LayerNotFoundException && options.Layers == LayerSelection.Detection)
            {
                notes.Add(new(recipe.Kind, null, error.Message));
                continue;
            }
            (string note, IReadOnlyList<string> shortcomings) = shelf.Note(recipe);
            notes.Add(new(recipe.Kind, Path.GetRelativePath(folder, shelf.PathOf(recipe)).Replace('\\', '/'), note) { Shortcomings = shortcomings });
        }
        _clock.End();
        return (notes, new()
        {
            Concept = words.Spoken,
            Synonyms = [.. words.Synonyms.Select(Phrase.WithArticle)],
            Instead = instead.Thing,
            Assets = recipes.Where(shelf.Holds).ToDictionary(recipe => recipe.Kind, shelf.PathOf),
        });
    }

    private async Task<Composition> ComposeAsync(Ingredients parts, IReadOnlyList<AssetNote> assets, bool fromPictures)
    {
        Composition composition = Composition.Of(options.Candidates, parts, assets.Where(asset => asset.File is null).ToDictionary(asset => asset.Kind, asset => asset.Note));
        composition = await Trial.RunAsync(model, options, composition, fromPictures, cancellationToken).ConfigureAwait(false);
        if (composition.Policies.Count > 0) return composition;
        throw new InvalidRequestException("candidates", $"cannot be composed: {composition.Left[0].Candidate.Name}: {composition.Left[0].Reason}");
    }

    /// <summary>All candidates on few pictures, the better ones on more; the best first.</summary>
    private async Task<IReadOnlyList<CandidateNote>> CompareAsync(Composition composition, PromptGrammar grammar, string label, bool fromPictures)
    {
        ImmutableArray<PromptSet> sets = grammar.Sets(PromptPart.Selection, options.SelectionPictures, FirstSeed(PromptPart.Selection), fromPictures);
        IReadOnlyList<SelectionRound> rounds = SelectionRound.Plan(composition.Policies.Count, options.SelectionPictures);
        SuitePolicy[] left = [.. composition.Policies.Select(policy => policy.Policy)];
        List<CandidateNote> order = [];
        foreach ((int index, SelectionRound round) in rounds.Index())
        {
            string text = $"round {index + 1} of {rounds.Count}: {left.Length} candidates on {round.Pictures} pictures a set";
            ImmutableArray<PromptSet> part = [.. sets.Select(set => set with { Seeds = round.Pictures })];
            EvaluationOutcome outcome = await MeasureAsync($"round {index + 1}", part, [InsteadChooser.Policy, .. left], label, ProtectionStage.Choosing, text).ConfigureAwait(false);
            RequireConcept(outcome, label);
            FigureCounter counter = new(outcome.Results, outcome.Description);
            IReadOnlyList<PolicyFigures> ranked = _ranking.Order(left.Select(policy => counter.Of(policy.Name)));
            order.RemoveAll(note => ranked.Any(figures => figures.Policy == note.Name));
            order.InsertRange(0, ranked.Select(figures => Note(composition, figures, index + 1)));
            if (index + 1 < rounds.Count) left = [.. ranked.Take(rounds[index + 1].Candidates).Select(figures => left.First(policy => policy.Name == figures.Policy))];
        }
        return [.. order, .. composition.Left.Select(item => new CandidateNote(item.Candidate.Name, null, item.Candidate.IsPublished, null, 0, [item.Reason]))];
    }

    private CandidateNote Note(Composition composition, PolicyFigures figures, int round)
    {
        (Candidate candidate, SuitePolicy policy) = composition.Policies.First(policy => policy.Policy.Name == figures.Policy);
        return new(figures.Policy, policy.Policy.Describe(), candidate.IsPublished, figures, round, _check.Missed(figures));
    }

    /// <summary>Where the model does not draw the concept, every policy erases it: nothing can be chosen by that.</summary>
    private static void RequireConcept(EvaluationOutcome outcome, string label)
    {
        FigureCounter counter = new(outcome.Results, outcome.Description);
        if (counter.Of(outcome.Description.Undefended).Found.Value > 0) return;
        throw new InvalidRequestException("concept", $"was found in none of the unprotected pictures that ask for '{label}': the model does not draw it, or the judge does not see it. Try other words, give --prompts, or another judge.");
    }

    /// <summary>The best candidate, and beside it the best paper's.</summary>
    private static IEnumerable<string> Shown(IReadOnlyList<CandidateNote> candidates)
    {
        CandidateNote? published = candidates.FirstOrDefault(candidate => candidate.IsPublished && candidate.Figures is not null);
        return new[] { candidates[0].Name, published?.Name }.OfType<string>().Distinct();
    }

    private async Task<EvaluationOutcome> MeasureAsync(string part, ImmutableArray<PromptSet> sets, SuitePolicy[] policies, string label, ProtectionStage stage, string text)
    {
        EvaluationSuite suite = new()
        {
            Name = part,
            Folder = Path.GetFullPath(options.JudgeFolder),
            Model = model,
            Concept = label,
            Settings = new() { Steps = options.Steps, GuidanceScale = options.GuidanceScale },
            Sets = sets,
            Policies = [.. policies],
            Judges = [options.Judge],
        };
        suite.Validate();
        // All rounds of choosing are one run, of which later rounds draw more.
        string place = stage == ProtectionStage.Choosing ? "selection" : part;
        EvaluationOptions running = new() { Provider = options.Pipeline.Provider, Threads = options.Pipeline.Threads, TimeProvider = options.Pipeline.TimeProvider };
        _clock.Begin(part);
        _clock.Tell(stage, text);
        Synchronous<EvaluationProgress> share = new(value => _clock.Tell(stage, text, value.Total == 0 ? 1 : (double)value.Done / value.Total));
        EvaluationOutcome outcome = await EvaluationRun.RunAsync(suite, Path.Combine(folder, RunFolder, place), running, share, cancellationToken).ConfigureAwait(false);
        _clock.End();
        return outcome;
    }

    /// <summary>Progress on the worker's own thread: <see cref="Progress{T}"/> would tell of it later, in any order.</summary>
    private sealed class Synchronous<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
