using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Imaging;

/// <summary>
/// Formula layer: what networks read of a picture. Enlarging against <c>torch.nn.functional.interpolate</c> (tolerance 1e-6, the fixture's
/// own); the rest against values computed by hand.
/// </summary>
public sealed class ImageTensorTests
{
    private static readonly SafeTensorsFile _fixture = SafeTensorsFile.Load(Fixture.Locate("numerics", "interpolate.safetensors"));

    private static readonly RgbImage _pair = new(2, 1, new byte[] { 0, 51, 102, 255, 204, 153 });

    public static TheoryData<string> Cases => [.. _fixture.Tensors.Keys.Where(key => key.EndsWith("/in", StringComparison.Ordinal)).Select(key => key[..^3])];

    [Theory]
    [MemberData(nameof(Cases))]
    public void EnlargingIsPyTorchsInterpolation(string name)
    {
        StoredTensor source = _fixture[$"{name}/in"];
        StoredTensor target = _fixture[$"{name}/out"];
        float[] values = source.ToSingles();
        float[] expected = target.ToSingles();
        (int height, int width) = ((int)source.Shape[2], (int)source.Shape[3]);
        (int targetHeight, int targetWidth) = ((int)target.Shape[2], (int)target.Shape[3]);
        for (int channel = 0; channel < 2; channel++)
        {
            float[] actual = Resampling.Resize(
                values.AsSpan(channel * width * height, width * height), (width, height, 1), (targetWidth, targetHeight), ImageFilter.Bilinear);
            Assert.All(actual, (value, i) => Assert.Equal(expected[(channel * actual.Length) + i], value, 1e-6));
        }
    }

    /// <summary>Four pixels to two: triangles of width 4 around 1 and 3, weights 1, 3, 3, 1 (eighths), cut and normalised at the border.</summary>
    [Fact]
    public void ShrinkingCountsEveryPixel()
    {
        float[] actual = Resampling.Resize([70, 0, 0, 0], (4, 1, 1), (2, 1), ImageFilter.Bilinear);
        Assert.Equal([30, 0], actual, (a, b) => Math.Abs(a - b) < 1e-4);
        actual = Resampling.Resize([0, 70, 0, 0], (4, 1, 1), (2, 1), ImageFilter.Bilinear);
        Assert.Equal([30, 10], actual, (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Theory]
    [InlineData(ImageFilter.Bilinear)]
    [InlineData(ImageFilter.Bicubic)]
    public void APlainPictureStaysPlain(ImageFilter filter) =>
        Properties.ForAll(FsCheck.Fluent.Gen.Two(FsCheck.Fluent.Gen.Choose(1, 40)), sizes =>
        {
            float[] actual = Resampling.Resize([.. Enumerable.Repeat(7f, sizes.Item1)], (sizes.Item1, 1, 1), (sizes.Item2, 1), filter);
            Assert.All(actual, value => Assert.Equal(7, value, 1e-4));
        });

    /// <summary>Twice as many pixels, cubic: the weights at a quarter are Keys' -0.0703125, 0.8671875, 0.2265625, -0.0234375.</summary>
    [Fact]
    public void TheCubicIsKeys()
    {
        float[] actual = Resampling.Resize([0, 0, 0, 64, 0, 0, 0, 0], (8, 1, 1), (16, 1), ImageFilter.Bicubic);
        Assert.Equal([-1.5, -4.5, 14.5, 55.5, 55.5, 14.5, -4.5, -1.5], actual[3..11].Select(value => (double)value), (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public void LayoutOrderAndNormalisationAreTheSettings()
    {
        ImageInput input = new() { Width = 2, Height = 1 };
        Assert.Equal([0, 1, 0.2f, 0.8f, 0.4f, 0.6f], Write(_pair, input));
        Assert.Equal([0, 0.2f, 0.4f, 1, 0.8f, 0.6f], Write(_pair, input with { Layout = ImageLayout.Nhwc }));
        Assert.Equal([102, 153, 51, 204, 0, 255], Write(_pair, input with { Channels = ChannelOrder.Bgr, Scale = ImageScale.Raw }));
        Assert.Equal([-1, 1, -0.3f, 0.3f, -1, 0], Write(_pair, input with { Mean = [0.5f, 0.5f, 0.6f], Std = [0.5f, 1, 0.2f] }).Select(value => MathF.Round(value, 5)));
    }

    [Fact]
    public void CroppingTakesTheMiddle()
    {
        RgbImage wide = new(4, 2, Enumerable.Range(0, 8).SelectMany(i => new byte[] { (byte)i, 0, 0 }).ToArray());
        ImageInput input = new() { Width = 2, Height = 2, Resize = ImageResize.Crop, Scale = ImageScale.Raw };
        Assert.Equal([1, 2, 5, 6], Write(wide, input)[..4]);
    }

    [Fact]
    public void PaddingSurroundsThePicture()
    {
        ImageInput input = new() { Width = 2, Height = 4, Resize = ImageResize.Pad, Padding = 9, Scale = ImageScale.Raw };
        // The odd row goes below: -1.5 rounds to even.
        Assert.Equal(new ImagePlacement(2, 1, 0, 2), ImagePlacement.Of(input, 2, 1));
        Assert.Equal([9, 9, 9, 9, 0, 255, 9, 9], Write(_pair, input)[..8]);
    }

    [Fact]
    public void CubicOvershootIsCut()
    {
        ImageInput input = new() { Width = 8, Height = 1, Filter = ImageFilter.Bicubic, Scale = ImageScale.Raw };
        Assert.All(Write(_pair, input), value => Assert.InRange(value, 0, 255));
    }

    [Fact]
    public void ABadSettingIsNamed()
    {
        ImageInput input = new() { Width = 2, Height = 2 };
        AssertNamed(input with { Width = 0 }, "input.width");
        AssertNamed(input with { Height = 10000 }, "input.height");
        AssertNamed(input with { Mean = [0, 0] }, "input.mean");
        AssertNamed(input with { Mean = default }, "input.mean");
        AssertNamed(input with { Std = [1, 1, 0] }, "input.std");
        AssertNamed(input with { Name = "" }, "input.name");
    }

    private static void AssertNamed(ImageInput input, string field) =>
        Assert.Equal(field, Assert.Throws<InvalidRequestException>(() => input.Validate("input")).Field);

    private static float[] Write(RgbImage image, ImageInput input)
    {
        float[] values = new float[input.Length];
        ImageTensor.Write(image, input, values);
        return values;
    }
}
