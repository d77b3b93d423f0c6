namespace SafeDiffusion.Core.Imaging;

/// <summary>How a picture is brought to a size of another shape.</summary>
public enum ImageFit
{
    /// <summary>Scaled until it lies inside; what is left over on both sides alike is filled with middle gray. Nothing is lost.</summary>
    Pad,

    /// <summary>Scaled until it covers the size; what sticks out on both sides alike is cut off.</summary>
    Crop,

    /// <summary>Width and height scaled each on their own, so that shapes are stretched.</summary>
    Scale,
}
