using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Imaging;

/// <summary>Formula layer: pictures from and to the models' planes, against values computed by hand.</summary>
public sealed class RgbImageTests
{
    private static readonly RgbImage _square = new(2, 2, new byte[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 });

    [Fact]
    public void PlanesBecomePixels()
    {
        float[] planes = [-1, 1, 0, float.PositiveInfinity, 0.5f, -1.5f];
        RgbImage image = RgbImage.FromPlanar(planes, width: 2, height: 1);
        // 0.5 * 255 = 127.5 goes to the even 128; 0.75 * 255 = 191.25.
        Assert.Equal(new RgbColor(0, 128, 191), image[0, 0]);
        Assert.Equal(new RgbColor(255, 255, 0), image[1, 0]);
    }

    [Fact]
    public void RoundsLikeTheFormula()
    {
        Random random = new(5);
        float[] planes = [.. Enumerable.Range(0, 3 * 37 * 11).Select(_ => (float)(random.NextDouble() * 3 - 1.5))];
        RgbImage image = RgbImage.FromPlanar(planes, 37, 11);
        for (int i = 0; i < planes.Length; i++)
        {
            float level = MathF.Round(Math.Clamp(planes[i] / 2 + 0.5f, 0, 1) * 255);
            Assert.Equal((byte)level, image.Pixels.Span[i % (37 * 11) * 3 + i / (37 * 11)]);
        }
    }

    [Fact]
    public void EveryLevelSurvivesTheWayToThePlanesAndBack()
    {
        byte[] pixels = [.. Enumerable.Range(0, 768).Select(i => (byte)(i / 3))];
        float[] planes = new float[768];
        new RgbImage(16, 16, pixels).ToPlanar(planes);
        Assert.Equal((-1f, 1f), (planes.Min(), planes.Max()));
        Assert.Equal(128 / 255f * 2 - 1, planes[128]);
        Assert.Equal(pixels, RgbImage.FromPlanar(planes, 16, 16).Pixels.ToArray());
    }

    [Fact]
    public void RefusesWhatIsNoPicture()
    {
        Assert.Throws<ArgumentException>(() => RgbImage.FromPlanar([0, float.NaN, 0], 1, 1));
        Assert.Throws<ArgumentException>(() => RgbImage.FromPlanar([0, 0], 1, 1));
        Assert.Throws<ArgumentException>(() => new RgbImage(2, 2, new byte[11]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RgbImage(0, 2, default));
        Assert.Throws<ArgumentException>(() => _square.ToPlanar(new float[11]));
        Assert.Throws<ArgumentOutOfRangeException>(() => _square[2, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => _square[0, -1]);
    }

    [Fact]
    public void CropsInside()
    {
        RgbImage part = _square.Crop(1, 0, 1, 2);
        Assert.Equal([3, 4, 5, 9, 10, 11], part.Pixels.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => _square.Crop(1, 0, 2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => _square.Crop(int.MaxValue, 0, 1, 1));
    }

    [Fact]
    public void EnlargesEveryPixelToASquare()
    {
        RgbImage large = _square.Enlarge(3);
        Assert.Equal((6, 6), (large.Width, large.Height));
        for (int y = 0; y < 6; y++)
        {
            for (int x = 0; x < 6; x++) Assert.Equal(_square[x / 3, y / 3], large[x, y]);
        }
        Assert.Equal(_square.Pixels.ToArray(), _square.Enlarge(1).Pixels.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => _square.Enlarge(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => _square.Enlarge(int.MaxValue));
    }

    [Fact]
    public void AnotherCodecPlugsIn()
    {
        using TemporaryFolder folder = new();
        _square.Save(folder.File("x.raw"), new RawCodec());
        Assert.Equal(_square.Pixels.ToArray(), RgbImage.Load(folder.File("x.raw"), new RawCodec()).Pixels.ToArray());
    }

    private sealed class RawCodec : IImageCodec
    {
        public string Format => "raw";

        public IReadOnlyList<string> Extensions => [".raw"];

        public bool Recognizes(ReadOnlySpan<byte> start) => true;

        public RgbImage Decode(Stream stream, string name, ImageLimits? limits = null)
        {
            byte[] pixels = new byte[12];
            stream.ReadExactly(pixels);
            return new RgbImage(2, 2, pixels);
        }

        public void Encode(RgbImage image, Stream stream, IReadOnlyDictionary<string, string>? text = null) => stream.Write(image.Pixels.Span);
    }
}
