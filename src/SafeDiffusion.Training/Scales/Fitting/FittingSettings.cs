namespace SafeDiffusion.Training.Scales.Fitting;

/// <summary>How an adapter's network is learned.</summary>
/// <param name="Epochs">Steps of Adam, each over all samples.</param>
/// <param name="LearningRate">Adam's learning rate.</param>
/// <param name="HarmlessTarget">What is aimed at where nothing is to be inhibited, at most 0.</param>
/// <param name="TakesGreatest">Whether the greatest answer of a picture's tokens is its scale; otherwise every token's is.</param>
/// <param name="Seed">Decides how the network begins.</param>
internal sealed record FittingSettings(int Epochs, double LearningRate, double HarmlessTarget, bool TakesGreatest, long Seed);
