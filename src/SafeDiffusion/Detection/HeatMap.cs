using System.Globalization;
using System.Numerics.Tensors;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Detection;

/// <summary>A detection map of one step, with the picture as the model predicted it there.</summary>
/// <param name="Image">The picture, from 0.</param>
/// <param name="Protection">The index of the protection in the policy that detected.</param>
/// <param name="Step">The step, from 0 at the noisiest.</param>
/// <param name="Timestep">The training timestep.</param>
/// <param name="Width">The map's width, that of the latents.</param>
/// <param name="Height">The map's height, that of the latents.</param>
/// <param name="Map">The map, <c>[H, W]</c> from 0 to 1.</param>
/// <param name="Predicted">The picture that the model predicted at this step: <c>x0</c>, decoded.</param>
public sealed record HeatMap(int Image, int Protection, int Step, int Timestep, int Width, int Height, ReadOnlyMemory<float> Map, RgbImage Predicted)
{
    /// <summary>How often the picture had been begun again before this step.</summary>
    public int Redraws { get; init; }

    /// <summary>Whether by this map the picture was begun again.</summary>
    public bool Decides { get; init; }

    /// <summary>From here on a position of a map shows the concept.</summary>
    internal const float Present = 0.5f;

    private const float MostOpaque = 0.75f;

    /// <summary>Smaller pictures are enlarged on a sheet, towards this width.</summary>
    private const int SheetSide = 192;

    /// <summary>The scale's colours at equal distances from 0 to 1: dark violet, magenta, orange, light yellow, lightness rising evenly.</summary>
    private static readonly RgbColor[] _colors =
    [
        new(20, 11, 53), new(75, 12, 107), new(133, 32, 107), new(187, 55, 84), new(229, 92, 48), new(251, 155, 6), new(247, 209, 61), new(252, 255, 164),
    ];

    /// <summary>The heat map laid over the predicted picture, each latent position a block, and below it the scale from 0 (left) to 1 (right).</summary>
    public RgbImage Render()
    {
        int bar = Math.Max(4, Predicted.Height / 16);
        int height = Predicted.Height + bar;
        byte[] pixels = new byte[Predicted.Width * height * RgbImage.Channels];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < Predicted.Width; x++)
            {
                RgbColor color = y < Predicted.Height ? Over(x, y) : ColorOf((x + 0.5f) / Predicted.Width);
                int place = (y * Predicted.Width + x) * RgbImage.Channels;
                (pixels[place], pixels[place + 1], pixels[place + 2]) = (color.Red, color.Green, color.Blue);
            }
        }
        return new RgbImage(Predicted.Width, height, pixels);
    }

    /// <summary>
    /// Heat maps side by side, in their order, small ones enlarged. Below each stands what it shows: the ends of the scale, the step (from 0, as in the report)
    /// with its timestep, and the map's highest value.
    /// </summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static RgbImage Sheet(IReadOnlyList<HeatMap> maps)
    {
        ArgumentNullException.ThrowIfNull(maps);
        if (maps.Count == 0) throw new ArgumentException("A sheet needs at least one heat map.", nameof(maps));
        return ContactSheet.Compose([.. maps.Select(map => map.Labelled())], columns: (int)Math.Ceiling(Math.Sqrt(maps.Count)), gap: 4);
    }

    private RgbImage Labelled()
    {
        RgbImage map = Render();
        if (map.Width < SheetSide) map = map.Enlarge(SheetSide / map.Width);
        string highest = TensorPrimitives.Max(Map.Span).ToString("0.00", CultureInfo.InvariantCulture);
        string[] redrawn = Decides ? ["begun again by this"] : Redraws > 0 ? [$"after {Redraws} redraw{(Redraws == 1 ? "" : "s")}"] : [];
        return Caption.Below(map, ["0\t1", $"step {Step}, t {Timestep}", $"max {highest}", .. redrawn]);
    }

    private RgbColor Over(int x, int y)
    {
        float value = Map.Span[y * Height / Predicted.Height * Width + x * Width / Predicted.Width];
        return Mix(Predicted[x, y], ColorOf(value), MostOpaque * value);
    }

    private static RgbColor ColorOf(float value)
    {
        float place = Math.Clamp(value, 0, 1) * (_colors.Length - 1);
        int below = Math.Min((int)place, _colors.Length - 2);
        return Mix(_colors[below], _colors[below + 1], place - below);
    }

    private static RgbColor Mix(RgbColor one, RgbColor other, float share)
    {
        return new(Channel(one.Red, other.Red), Channel(one.Green, other.Green), Channel(one.Blue, other.Blue));

        byte Channel(byte from, byte to) => (byte)MathF.Round(from + share * (to - from));
    }
}
