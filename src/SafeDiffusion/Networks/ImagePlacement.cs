namespace SafeDiffusion.Networks;

/// <summary>Where a resized picture lies on a network's canvas.</summary>
/// <param name="Width">The resized picture's width.</param>
/// <param name="Height">The resized picture's height.</param>
/// <param name="X">Its left edge on the canvas; negative where it is cut off.</param>
/// <param name="Y">Its upper edge on the canvas; negative where it is cut off.</param>
public readonly record struct ImagePlacement(int Width, int Height, int X, int Y)
{
    /// <summary>Where a picture of a size lies in a network's input.</summary>
    public static ImagePlacement Of(ImageInput input, int width, int height)
    {
        if (input.Resize == ImageResize.Stretch) return new ImagePlacement(input.Width, input.Height, 0, 0);
        double across = (double)input.Width / width;
        double down = (double)input.Height / height;
        double scale = input.Resize == ImageResize.Crop ? Math.Max(across, down) : Math.Min(across, down);
        int resizedWidth = scale == across ? input.Width : Math.Max(1, (int)Math.Round(width * scale));
        int resizedHeight = scale == down ? input.Height : Math.Max(1, (int)Math.Round(height * scale));
        return new ImagePlacement(resizedWidth, resizedHeight, Half(input.Width - resizedWidth), Half(input.Height - resizedHeight));
    }

    /// <summary>Rounds away half a pixel as torchvision's centre crop does: to even.</summary>
    private static int Half(int difference) => (int)Math.Round(difference / 2d, MidpointRounding.ToEven);
}
