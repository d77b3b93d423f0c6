using BenchmarkDotNet.Attributes;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Bench;

/// <summary>The PNG codec on a picture of 512x512 pixels with smooth areas and some noise, as drawn pictures have.</summary>
[MemoryDiagnoser]
public class PngBenchmarks
{
    private const int Side = 512;

    private readonly RgbImage _image = Picture();
    private byte[] _file = [];

    [GlobalSetup]
    public void WriteFile() => _file = Encode();

    [Benchmark]
    public byte[] Encode()
    {
        using MemoryStream stream = new();
        PngCodec.Default.Encode(_image, stream);
        return stream.ToArray();
    }

    [Benchmark]
    public RgbImage Decode()
    {
        using MemoryStream stream = new(_file);
        return PngCodec.Default.Decode(stream, "benchmark.png");
    }

    private static RgbImage Picture()
    {
        float[] planes = Random.Normal(3 * Side * Side);
        for (int i = 0; i < planes.Length; i++) planes[i] = MathF.Sin(i % Side / 40f) * MathF.Cos(i / Side % Side / 60f) + 0.01f * planes[i];
        return RgbImage.FromPlanar(planes, Side, Side);
    }
}
