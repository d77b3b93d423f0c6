using System.Globalization;
using System.Text.Json;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Numerics;

/// <summary>Formula layer: the values of PyTorch's CPU generator. Words and uniforms are exact; for normals see <see cref="Tolerance"/>.</summary>
public sealed class TorchRandomTests
{
    /// <summary>PyTorch's vector code approximates logarithm and cosine, up to 1.44e-6 away from the exact values of the fixture.</summary>
    private const double Tolerance = 2e-6;

    private static readonly SafeTensorsFile _expected = SafeTensorsFile.Load(Fixture.Locate("numerics", "randn.safetensors"));
    private static readonly JsonElement _facts = JsonDocument.Parse(File.ReadAllText(Fixture.Locate("numerics", "randn.json"))).RootElement;

    public static TheoryData<string> Seeds =>
        [.. _facts.GetProperty("seeds").EnumerateArray().Select(seed => seed.GetProperty("seed").GetString()!)];

    [Fact]
    public void TheFixtureHoldsTenSeeds() => Assert.Equal(10, Seeds.Count);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void RawWordsAreExact(string seed)
    {
        TorchRandom random = Start(seed);
        foreach (long word in _expected[$"{seed}/mt19937.u32"].ToInt64s()) Assert.Equal((uint)word, random.NextUInt32());
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void UniformsAreExact(string seed)
    {
        float[] values = new float[16];
        Start(seed).FillUniform(values);
        Assert.Equal(_expected[$"{seed}/rand16"].ToSingles(), values);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void NormalsOfEverySizeAgree(string seed)
    {
        foreach (int size in new[] { 1, 7, 15, 16, 17, 31, 32, 33 })
        {
            AssertClose(_expected[$"{seed}/n{size}"].ToSingles(), Draw(Start(seed), size));
        }
        AssertClose(_expected[$"{seed}/1x4x16x16"].ToSingles(), Draw(Start(seed), 1024));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void TheLatentsOfA512PixelPictureAgree(string seed)
    {
        float[] values = Draw(Start(seed), 4 * 64 * 64);

        AssertClose(_expected[$"{seed}/1x4x64x64.first64"].ToSingles(), values[..64]);
        AssertClose(_expected[$"{seed}/1x4x64x64.last64"].ToSingles(), values[^64..]);
        JsonElement whole = _facts.GetProperty("large").GetProperty(seed);
        // Random errors of at most 2e-6 in 16384 values add up to much less than 1e-3.
        Assert.Equal(whole.GetProperty("sum_f64").GetDouble(), values.Sum(value => (double)value), 1e-3);
        Assert.Equal(whole.GetProperty("sum_of_squares_f64").GetDouble(), values.Sum(value => (double)value * value), 1e-3);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void SeveralDrawsFromOneGeneratorAgree(string seed)
    {
        foreach (JsonProperty sequence in _facts.GetProperty("sequences").EnumerateObject())
        {
            TorchRandom random = Start(seed);
            int draw = 0;
            foreach (JsonElement shape in sequence.Value.EnumerateArray())
            {
                int size = shape.EnumerateArray().Aggregate(1, (product, length) => product * length.GetInt32());
                AssertClose(_expected[$"{seed}/{sequence.Name}.{draw++}"].ToSingles(), Draw(random, size));
            }
        }
    }

    [Fact]
    public void OnlyTheLow32BitsOfASeedCount()
    {
        Assert.Equal(Draw(new TorchRandom(7), 20), Draw(new TorchRandom((1L << 32) + 7), 20));
        Assert.Equal(Draw(new TorchRandom(uint.MaxValue), 20), Draw(new TorchRandom(-1), 20));
    }

    [Fact]
    public void AnEmptyDrawTakesNothing()
    {
        TorchRandom random = new(3);
        Draw(random, 0);
        Assert.Equal(new TorchRandom(3).NextUInt32(), random.NextUInt32());
    }

    private static TorchRandom Start(string seed) => new(unchecked((long)(UInt128)Int128.Parse(seed, CultureInfo.InvariantCulture)));

    private static float[] Draw(TorchRandom random, int size)
    {
        float[] values = new float[size];
        random.FillNormal(values);
        return values;
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], (double)actual[i], Tolerance);
    }
}
