namespace SafeDiffusion.ShapesWorld.Reading;

/// <summary>How much of each pixel of a picture belongs to one part of it, 0 to 1.</summary>
internal sealed class CoverMap(int width, int height)
{
    private readonly float[] _cover = new float[width * height];

    /// <summary>A pixel's cover; 0 outside the picture.</summary>
    public float this[int x, int y] => (uint)x < (uint)width && (uint)y < (uint)height ? _cover[(y * width) + x] : 0;

    public float this[int index]
    {
        get => _cover[index];
        set => _cover[index] = value;
    }

    /// <summary>The pixels with at least a cover.</summary>
    public PixelMask AtLeast(float cover)
    {
        PixelMask mask = new(width, height);
        for (int i = 0; i < _cover.Length; i++) mask[i] = _cover[i] >= cover;
        return mask;
    }

    /// <summary>The cover of a part and of the edge around it; what belongs to other parts is left out.</summary>
    /// <param name="part">The part.</param>
    /// <param name="distance">How far its edge reaches.</param>
    /// <param name="edge">The cover from which a pixel is no edge.</param>
    public CoverMap Around(PixelMask part, int distance, float edge)
    {
        CoverMap around = new(width, height);
        PixelMask near = part.Grown(distance);
        for (int i = 0; i < _cover.Length; i++)
        {
            if (part[i] || (near[i] && _cover[i] < edge)) around[i] = _cover[i];
        }
        return around;
    }
}
