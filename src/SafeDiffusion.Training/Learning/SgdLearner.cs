using System.Numerics.Tensors;
using SafeDiffusion.Core.Numerics;

namespace SafeDiffusion.Training.Learning;

/// <summary>
/// Stochastic gradient descent as in the paper (Li et al., CVPR 2025): mini-batches of a picture that shows the concept and one that does
/// not, at one timestep; the learning rate is multiplied by 0.7 every 20 steps. The logistic map's centre and width are learned along.
/// </summary>
internal sealed class SgdLearner(LearningSet set, PictureSplit split, LearningSettings settings) : TokenLearner(set, split, settings)
{
    private const double Decay = 0.7;
    private const int DecayEvery = 20;
    private const int Patience = 10;
    private const double MapRate = 0.5;

    private readonly TorchRandom _random = new(settings.Seed);
    private double _center;
    private double _logWidth;

    public override double[] Learn(ReadOnlySpan<double> initial, Action<LearningRound> report, CancellationToken cancellationToken)
    {
        int[] unsafePictures = [.. Split.Learned.Where(Set.ShowsConcept)];
        int[] safePictures = [.. Split.Learned.Where(picture => !Set.ShowsConcept(picture))];
        double[] tokens = initial.ToArray();
        FitMap(tokens);
        int steps = Settings.StepsPerPicture * unsafePictures.Length;
        (double[] best, double bestLoss, int worse) = (tokens.ToArray(), double.PositiveInfinity, 0);
        double rate = Settings.LearningRate;
        for (int step = 0; step < steps && worse < Patience; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Step(tokens, [unsafePictures[Below(unsafePictures.Length)], .. safePictures.Length == 0 ? [] : new[] { safePictures[Below(safePictures.Length)] }], rate);
            if ((step + 1) % DecayEvery != 0 && step + 1 < steps) continue;
            rate *= Decay;
            (double loss, double iou) = Check(Scaled(tokens), Offsets(), cancellationToken);
            report(new LearningRound(step + 1, steps, loss, iou));
            worse = loss < bestLoss ? 0 : worse + 1;
            if (loss < bestLoss) (bestLoss, best) = (loss, tokens.ToArray());
        }
        return best;
    }

    private void Step(double[] tokens, int[] pictures, double rate)
    {
        double[] gradient = new double[tokens.Length];
        (double centerSlope, double widthSlope) = (0, 0);
        int place = Below(Set.Plan.Steps.Length);
        double width = Math.Exp(_logWidth);
        double[] slopes = new double[tokens.Length / Set.Plan.Width * Set.Plan.Positions];
        foreach (int picture in pictures)
        {
            ReadOnlySpan<double> features = Set.Features(picture, place);
            ReadOnlySpan<float> mask = Set.Mask(picture);
            TokenScores.Compute(tokens, features, slopes);
            for (int i = 0; i < slopes.Length; i++)
            {
                float share = mask[i % mask.Length];
                double z = (slopes[i] - _center) / width;
                double error = Weight(share) * (Logistic.Of(z) - share) / (slopes.Length * pictures.Length);
                centerSlope -= error;
                widthSlope -= error * z;
                slopes[i] = error / width;
            }
            TokenScores.AddGradient(slopes, features, gradient);
        }
        TensorPrimitives.MultiplyAdd(gradient, -rate, tokens, tokens);
        // Both in units of the width, so that they follow the scores' scale.
        double mapRate = MapRate * rate / Settings.LearningRate;
        _center -= mapRate * width * centerSlope;
        _logWidth -= mapRate * widthSlope;
    }

    /// <summary>Begins with the centre and width of the initial tokens' scores.</summary>
    private void FitMap(double[] tokens)
    {
        double[] scores = new double[tokens.Length / Set.Plan.Width * Set.Plan.Positions];
        (double sum, double squares, long count) = (0, 0, 0);
        foreach (int picture in Split.Learned)
        {
            for (int place = 0; place < Set.Plan.Steps.Length; place++)
            {
                TokenScores.Compute(tokens, Set.Features(picture, place), scores);
                sum += TensorPrimitives.Sum<double>(scores);
                squares += TensorPrimitives.SumOfSquares<double>(scores);
                count += scores.Length;
            }
        }
        _center = sum / count;
        _logWidth = Math.Log(Math.Max(Math.Sqrt(Math.Max((squares / count) - (_center * _center), 0)), 1e-6));
    }

    /// <summary>The tokens' mean, in units of the width.</summary>
    private double[] Scaled(double[] tokens)
    {
        double[] mean = MeanToken.Of(tokens, Set.Plan.Width);
        TensorPrimitives.Divide(mean, Math.Exp(_logWidth), mean);
        return mean;
    }

    private double[] Offsets()
    {
        double[] offsets = new double[Set.Plan.Steps.Length];
        Array.Fill(offsets, -_center / Math.Exp(_logWidth));
        return offsets;
    }

    private int Below(int count) => (int)(_random.NextUInt32() % (uint)count);
}
