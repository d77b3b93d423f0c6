using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Training.Annotation;

/// <summary>A picture that was brought along.</summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Image">The picture, of the model's own size.</param>
/// <param name="Mask">Where it shows the concept, of the same size; empty where it does not.</param>
/// <param name="Caption">The text that the UNet is asked under; empty for the null text.</param>
public sealed record AnnotatedPicture(string Name, RgbImage Image, ConceptMask Mask, string Caption = "");
