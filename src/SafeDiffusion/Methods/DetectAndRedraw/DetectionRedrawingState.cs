using System.Collections.Immutable;
using System.Numerics.Tensors;
using SafeDiffusion.Detection;
using SafeDiffusion.Model;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.DetectAndRedraw;

/// <summary>Detect-and-redraw on one picture: watches every step, and once the concept shows says under which text the picture begins again.</summary>
internal sealed class DetectionRedrawingState : RedrawingState
{
    /// <summary>Why a picture goes on although the concept shows in it.</summary>
    private const string NothingLeft = "nothing is left to replace";

    private readonly DetectionRedrawing _settings;
    private readonly PictureText _text;
    private readonly bool _hasNext;
    private readonly bool _isPromptPlain;
    private readonly bool _startsFromPicture;
    private readonly LatentShape _shape;
    private readonly ImmutableArray<bool> _covered;

    /// <summary>Of each step the threshold, and how a score becomes a map there.</summary>
    private readonly (float? Threshold, CalibrationBand Band)[] _steps;

    private readonly GuidelineTokens _tokens;
    private readonly DetectionReader _finished;
    private readonly float[] _scores;
    private readonly float[] _scratch;
    private readonly float[] _map;
    private CalibrationBand? _unmade;
    private bool _isFinished;

    public DetectionRedrawingState(DetectionRedrawing settings, ProtectionContext context, PictureText text)
    {
        _settings = settings;
        _text = text;
        _startsFromPicture = context.StartsFromPicture;
        _covered = text.Redrawn.Select(redrawn => redrawn.Covered).LastOrDefault(covered => !covered.IsEmpty, []);
        _hasNext = text.Redrawn.Length < (_startsFromPicture ? 3 : 2) && !(IsWhole(text.Text.Text) && (!_startsFromPicture || !_covered.IsEmpty));
        _isPromptPlain = context.IsPromptPlain;
        _shape = context.Shape;
        ImmutableArray<ScoreThreshold> thresholds = Thresholds(settings.Guideline.Redrawing!);
        _steps = [.. context.Timesteps.Select(timestep => (RedrawThresholds.At(thresholds, timestep), BandOf(timestep, RedrawThresholds.At(thresholds, timestep))))];
        _tokens = context.AddGuideline(settings.Guideline.Values);
        _finished = new DetectionReader(settings.Guideline, DetectionNormalisation.Calibrated, HeatMap.Present, context);
        _scores = new float[context.Shape.Height * context.Shape.Width];
        _scratch = new float[_scores.Length];
        _map = _finished.MadeWhenRead(MakeMap);
        int first = context.Timesteps.TakeWhile(timestep => timestep > thresholds[0].Timestep).Count();
        ActiveSteps = StepWindow.From(first);
    }

    public override ReadOnlySpan<float> DetectionMap => _finished.Map;

    public override StepWindow ActiveSteps { get; }

    public override WatchOutcome Watch(in DenoisingStep step, StepPredictions predictions)
    {
        DetectionMaps.ReadMean(predictions.DetectionScores(_tokens), _settings.Guideline, _scores, step.Index);
        float statistic = RedrawThresholds.Statistic(_scores, _scratch);
        (float? threshold, CalibrationBand band) = _steps[step.Index];
        bool shows = statistic >= threshold;
        if (shows) _finished.Suspect();
        return Outcome(shows, statistic, threshold, band);
    }

    public override TextReplacement Redraw(in DenoisingStep step, StepPredictions predictions, TextTrial trial)
    {
        if (_startsFromPicture) return RedrawPicture(step.Timestep, predictions, trial);
        if (_text.Redrawn.Length > 0) return Whole("the concept showed again");
        return Spelled()
            ?? Attribute(predictions, trial)
            ?? Whole("the prompt has no words that could be replaced");
    }

    public override WatchOutcome? LookAtFinished(in DenoisingStep look, StepPredictions predictions)
    {
        float[] scores = new float[predictions.Shape.Height * predictions.Shape.Width];
        DetectionMaps.ReadMean(predictions.DetectionScores(_tokens), _settings.Guideline, scores);
        float statistic = RedrawThresholds.Statistic(scores, new float[scores.Length]);
        DetectionReading flagged = _finished.LookAtFinished(look.Timestep, predictions);
        if (_settings.Guideline.Redrawing!.Finished is not { } threshold) return new(flagged, statistic, null, false);
        _isFinished = true;
        GridPooling.Highest(scores, predictions.Shape, _shape).CopyTo(_scores, 0);
        WatchOutcome outcome = Outcome(statistic >= threshold.Score, statistic, threshold.Score, BandOf(look.Timestep, threshold.Score));
        // What is not seen surely enough to be begun again may still be told.
        return flagged.Area > outcome.Detection.Area ? outcome with { Detection = flagged } : outcome;
    }

    private WatchOutcome Outcome(bool shows, float statistic, float? threshold, in CalibrationBand band)
    {
        _unmade = band;
        DetectionReading reading = shows ? _finished.Reading : new(DetectionMaps.Calibrate(TensorPrimitives.Max<float>(_scores), band), 0);
        return new(reading, statistic, threshold, shows && _hasNext, shows && !_hasNext ? NothingLeft : null);
    }

    /// <summary>What a given picture shows no other text takes away: it is painted over there. What shows again after that, the text has drawn.</summary>
    private TextReplacement RedrawPicture(int timestep, StepPredictions predictions, TextTrial trial)
    {
        if (_text.Redrawn.Length == 0 && Spelled() is { } spelled) return spelled;
        TextReplacement? next = _covered.IsEmpty ? new(_text.Text.Text, "", "", "the given picture shows it, and is painted over there")
            : _text.Redrawn.Length < 2 ? Attribute(predictions, trial) : null;
        return (next ?? Whole("the concept showed again")) with { Covered = Cover(timestep) };
    }

    /// <summary>The cells of the guideline's edit mask, at most the quarter of the grid with the highest scores, and what was covered before.</summary>
    private ImmutableArray<bool> Cover(int timestep)
    {
        float[] mask = [.. _scores];
        DetectionMaps.CalibrateInPlace(mask, _settings.Guideline.BandAt(timestep));
        _scores.CopyTo(_scratch, 0);
        _scratch.AsSpan().Sort();
        float least = _scratch[_scratch.Length * 3 / 4];
        return [.. mask.Select((value, cell) => (value > 0 && _scores[cell] >= least) || (!_covered.IsEmpty && _covered[cell]))];
    }

    private ImmutableArray<ScoreThreshold> Thresholds(RedrawThresholds thresholds)
    {
        if (_settings.Spelled.Find(_text.Text).Count > 0) return thresholds.Low;
        return _settings.Spelled.HasPart(_text.Text) ? thresholds.Near : thresholds.High;
    }

    private TextReplacement? Spelled() => _settings.Spelled.Replace(_text.Text, _settings.Phrase, "the prompt spells what was seen");

    private TextReplacement? Attribute(StepPredictions predictions, TextTrial trial)
    {
        // In the finished picture the prompt's row is the null text's.
        float[] plain = _isPromptPlain && !_isFinished ? predictions[Row.Prompt].ToArray() : trial([_text.Text.Text])[0];
        return new Attribution(_text.Text, _settings.Phrase, new PredictionChange(plain, _scores, trial)).Find();
    }

    private TextReplacement Whole(string reason) => new(_settings.Phrase.Text, _text.Text.NormalizedText, _settings.Phrase.Text, reason);

    private bool IsWhole(string text) => text.Trim().Equals(_settings.Phrase.Text, StringComparison.OrdinalIgnoreCase);

    /// <summary>Makes the map of what was watched last; most are never read.</summary>
    private void MakeMap()
    {
        if (_unmade is not { } band) return;
        _unmade = null;
        _scores.CopyTo(_map, 0);
        DetectionMaps.CalibrateInPlace(_map, band);
    }

    /// <summary>In its map a score at the threshold reads 0.5; without one it is the guideline's own.</summary>
    private CalibrationBand BandOf(int timestep, float? threshold)
    {
        CalibrationBand band = _settings.Guideline.BandAt(timestep);
        if (threshold is not { } present) return band;
        float half = present > band.Floor ? present - band.Floor : (band.Ceiling - band.Floor) / 2;
        return band with { Floor = present - half, Ceiling = present + half };
    }
}
