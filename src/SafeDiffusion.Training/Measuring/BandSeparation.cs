namespace SafeDiffusion.Training.Measuring;

/// <summary>How well a guideline separates at one timestep, on pictures held out from learning and calibration.</summary>
/// <param name="Timestep">The timestep.</param>
/// <param name="Auc">The probability that a cell of the concept scores higher than one that is not; NaN without either.</param>
/// <param name="Iou">Intersection over union of the cells whose map is at least 0.5 and the concept's, in pictures that show it.</param>
/// <param name="Detected">The share of pictures that show the concept in which it is found present.</param>
/// <param name="FalselyDetected">The share of pictures that do not show it in which it is found present.</param>
/// <param name="EditedConcept">The share of the concept's cells that the edit mask (map at least 0.01) covers.</param>
/// <param name="EditedRest">The share of the other cells, in pictures that show the concept, that the edit mask covers.</param>
public readonly record struct BandSeparation(
    int Timestep, double Auc, double Iou, double Detected, double FalselyDetected, double EditedConcept, double EditedRest);
