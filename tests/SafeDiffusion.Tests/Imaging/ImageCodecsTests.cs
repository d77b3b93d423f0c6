using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Imaging;

/// <summary>Formula layer: a picture's kind is told by its content when it is read, and by its extension when it is written.</summary>
public sealed class ImageCodecsTests
{
    private static readonly RgbImage _pixel = new(1, 1, new byte[] { 1, 2, 3 });

    [Theory]
    [InlineData("FFD8FFE000104A464946", "is a JPEG picture, and read here are PNG: add the package SafeDiffusion.ImageSharp and pass ImageCodecs.Default.AddImageSharp(), or convert it to PNG")]
    [InlineData("52494646100000005745425056503820", "is a WebP picture, and read here are PNG: add the package SafeDiffusion.ImageSharp and pass ImageCodecs.Default.AddImageSharp(), or convert it to PNG")]
    [InlineData("474946383961", "is a GIF picture, and read here are PNG: convert it to PNG")]
    [InlineData("000000206674797061766966", "is a AVIF picture, and read here are PNG: convert it to PNG")]
    [InlineData("", "is empty")]
    [InlineData("00112233", "is no picture of a known kind; known are PNG")]
    public void AForeignPictureIsNamed(string start, string reason)
    {
        using TemporaryFolder folder = new();
        string file = folder.File("photo.png");
        File.WriteAllBytes(file, Convert.FromHexString(start));
        Assert.Equal($"{file}: {reason}", Assert.Throws<InvalidFileException>(() => RgbImage.Load(file)).Message);
    }

    [Fact]
    public void TheContentDecidesWhatReads()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("really-a.jpg");
        _pixel.SavePng(file);
        Assert.Equal(_pixel.Pixels.ToArray(), RgbImage.Load(file).Pixels.ToArray());
        Assert.Equal(_pixel.Pixels.ToArray(), RgbImage.Load(file, ImageCodecs.Default).Pixels.ToArray());
    }

    [Theory]
    [InlineData("x.jpg", "x.jpg: is to be written as .jpg, which is no kind of picture that can be written. Name it .png. For .jpg, add the package SafeDiffusion.ImageSharp and pass ImageCodecs.Default.AddImageSharp().")]
    [InlineData("x.bmp", "x.bmp: is to be written as .bmp, which is no kind of picture that can be written. Name it .png.")]
    [InlineData("x", "x: has no extension, which tells the kind of picture to write. Name it .png.")]
    public void AnUnknownExtensionIsRefused(string file, string message) =>
        Assert.Equal(message, Assert.Throws<InvalidFileException>(() => _pixel.Save(file, ImageCodecs.Default)).Message);

    [Fact]
    public void ALaterCodecComesBeforeEarlierOnes()
    {
        ImageCodecs codecs = ImageCodecs.Default.Add(new Blank());
        Assert.Equal(2, codecs.Decode(new MemoryStream([1, 2, 3]), "blank").Width);
        Assert.Equal("blank", codecs.ForExtensionOf("X.PNG").Format);
        Assert.Equal("PNG", ImageCodecs.Default.ForExtensionOf("X.PNG").Format);
    }

    /// <summary>Reads everything as two gray pixels.</summary>
    private sealed class Blank : IImageCodec
    {
        public string Format => "blank";

        public IReadOnlyList<string> Extensions => [".png"];

        public bool Recognizes(ReadOnlySpan<byte> start) => true;

        public RgbImage Decode(Stream stream, string name, ImageLimits? limits = null) => new(2, 1, new byte[6]);

        public void Encode(RgbImage image, Stream stream, IReadOnlyDictionary<string, string>? text = null) => stream.WriteByte(1);
    }
}
