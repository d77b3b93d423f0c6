using System.Numerics.Tensors;

namespace SafeDiffusion.Training.Learning;

/// <summary>
/// Newton's method on one token and a centre per timestep. The loss of the logistic map is convex in them, so that a few rounds reach the
/// one minimum that gradient descent only nears; the initial token makes no difference.
/// </summary>
internal sealed class NewtonLearner(LearningSet set, PictureSplit split, LearningSettings settings) : TokenLearner(set, split, settings)
{
    private const int MaxRounds = 15;
    private const int Patience = 2;

    /// <summary>Where every cell is sure there is no curvature left to divide by.</summary>
    private const double LeastCurvature = 1e-9;

    /// <summary>The least relative gain of a round that is worth another.</summary>
    private const double LeastGain = 1e-5;

    private readonly int _width = set.Plan.Width;
    private readonly int _places = set.Plan.Steps.Length;

    private readonly HardCells _hard = new(set.Pictures, set.Plan);

    public override double[] Learn(ReadOnlySpan<double> initial, Action<LearningRound> report, CancellationToken cancellationToken)
    {
        double[] parameters = new double[_width + _places];
        double ridge = Settings.Ridge * FeaturePower(cancellationToken);
        int[] harmless = [.. Split.Learned.Where(picture => !Set.ShowsConcept(picture))];
        int rounds = MaxRounds * (Settings.HardRounds + 1);
        for (int pass = 0; pass <= Settings.HardRounds; pass++)
        {
            if (pass > 0) _hard.Raise(Set, harmless, parameters.AsSpan(0, _width), cancellationToken);
            int first = pass * MaxRounds;
            parameters = Minimise(parameters, ridge, round => report(round with { Round = first + round.Round, Rounds = rounds }), cancellationToken);
        }
        return parameters[.._width];
    }

    /// <summary>The minimum on the learned pictures, or the parameters before it that were best on the checked ones.</summary>
    private double[] Minimise(double[] start, double ridge, Action<LearningRound> report, CancellationToken cancellationToken)
    {
        double[] parameters = [.. start];
        double[] before = [.. start];
        double[] best = [.. start];
        (double lastLoss, double bestLoss, int worse) = (double.PositiveInfinity, double.PositiveInfinity, 0);
        for (int round = 1; round <= MaxRounds && worse < Patience; round++)
        {
            NewtonSums sums = Sum(parameters, ridge, cancellationToken);
            if (sums.Loss > lastLoss)
            {
                // The step was too long: go back half of it.
                for (int i = 0; i < parameters.Length; i++) parameters[i] = (parameters[i] + before[i]) / 2;
                continue;
            }
            bool isFlat = lastLoss - sums.Loss < LeastGain * sums.Loss;
            lastLoss = sums.Loss;
            (double loss, double iou) = Check(parameters.AsSpan(0, _width), parameters.AsSpan(_width), cancellationToken);
            report(new LearningRound(round, MaxRounds, loss, iou));
            // Raising the weights of hard cells costs loss on the checked pictures at first, so that only a pass without them can stop early.
            bool isBetter = loss < bestLoss || Settings.HardRounds > 0;
            worse = isBetter ? 0 : worse + 1;
            if (isBetter) (bestLoss, best) = (loss, [.. parameters]);
            if (isFlat) break;
            parameters.CopyTo(before, 0);
            TensorPrimitives.Subtract(parameters, sums.Step(), parameters);
        }
        return best;
    }

    /// <summary>The mean square of a feature.</summary>
    private double FeaturePower(CancellationToken cancellationToken)
    {
        (double sum, long count) = (0, 0);
        foreach (int picture in Split.Learned)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int place = 0; place < _places; place++)
            {
                ReadOnlySpan<double> features = Set.Features(picture, place);
                sum += TensorPrimitives.SumOfSquares(features);
                count += features.Length;
            }
        }
        return sum / count;
    }

    private NewtonSums Sum(double[] parameters, double ridge, CancellationToken cancellationToken)
    {
        NewtonSums sums = new(_width, _places, Set.Plan.Positions);
        double[] weights = new double[Set.Plan.Positions];
        foreach (int picture in Split.Learned)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<float> mask = Set.Mask(picture);
            for (int place = 0; place < _places; place++)
            {
                ReadOnlySpan<float> hard = _hard[picture, place];
                for (int i = 0; i < weights.Length; i++) weights[i] = hard[i] * Weight(mask[i]);
                sums.Add(parameters, place, Set.Features(picture, place), mask, weights);
            }
        }
        sums.Finish(parameters, ridge, LeastCurvature);
        return sums;
    }
}
