namespace SafeDiffusion.Training.Learning;

/// <summary>Learns guideline tokens; the same inputs give the same tokens, bit for bit.</summary>
/// <param name="set">The pictures.</param>
/// <param name="split">What they are for.</param>
/// <param name="settings">How to learn.</param>
internal abstract class TokenLearner(LearningSet set, PictureSplit split, LearningSettings settings)
{
    /// <summary>The tokens with the lowest loss on the checked pictures, <c>[K, D]</c>.</summary>
    /// <param name="initial">The tokens to begin with, <c>[K, D]</c>.</param>
    /// <param name="report">Told after every round.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public abstract double[] Learn(ReadOnlySpan<double> initial, Action<LearningRound> report, CancellationToken cancellationToken);

    protected LearningSet Set => set;

    protected PictureSplit Split => split;

    protected LearningSettings Settings => settings;

    /// <summary>The mean loss of pictures, and the intersection over union of their maps at one half, with <c>z = slope · s + offset</c> by step.</summary>
    protected (double Loss, double Iou) Check(ReadOnlySpan<double> token, ReadOnlySpan<double> offsets, CancellationToken cancellationToken)
    {
        (double loss, double weight, long both, long either) = (0, 0, 0, 0);
        double[] scores = new double[set.Plan.Positions];
        foreach (int picture in split.Checked)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<float> mask = set.Mask(picture);
            for (int place = 0; place < offsets.Length; place++)
            {
                TokenScores.Compute(token, set.Features(picture, place), scores);
                for (int i = 0; i < scores.Length; i++)
                {
                    double z = scores[i] + offsets[place];
                    double share = Weight(mask[i]);
                    loss += share * Logistic.CrossEntropy(z, mask[i]);
                    weight += share;
                    (bool found, bool covered) = (z >= 0, mask[i] >= LearningSet.Covered);
                    if (found && covered) both++;
                    if (found || covered) either++;
                }
            }
        }
        return (loss / weight, either == 0 ? 1 : (double)both / either);
    }

    /// <summary>How much a cell counts.</summary>
    protected double Weight(float share) => 1 + (share * (settings.ConceptWeight - 1));
}

/// <summary>How tokens are learned.</summary>
/// <param name="ConceptWeight">How much a cell of the concept counts against one beside it, above 0.</param>
/// <param name="Ridge">Newton's pull towards zero, relative to the features' mean square.</param>
/// <param name="LearningRate">SGD's learning rate.</param>
/// <param name="StepsPerPicture">SGD's steps per picture that shows the concept.</param>
/// <param name="HardRounds">How often Newton learns again with more weight on the harmless pictures' highest scores.</param>
/// <param name="Seed">What SGD draws pictures and steps with.</param>
internal sealed record LearningSettings(double ConceptWeight, double Ridge, double LearningRate, int StepsPerPicture, int HardRounds, long Seed);

/// <summary>How far learning is.</summary>
/// <param name="Round">Rounds done.</param>
/// <param name="Rounds">Rounds at most.</param>
/// <param name="Loss">The loss on the checked pictures.</param>
/// <param name="Iou">The intersection over union on the checked pictures.</param>
internal readonly record struct LearningRound(int Round, int Rounds, double Loss, double Iou);
