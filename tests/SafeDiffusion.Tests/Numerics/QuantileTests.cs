using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Numerics;

/// <summary>Formula layer: quantiles against <c>torch.quantile</c> in float32, at the fixture's own tolerance of 1e-6, and selection against sorting.</summary>
public sealed class QuantileTests
{
    private static readonly SafeTensorsFile _fixture = SafeTensorsFile.Load(Fixture.Locate("numerics", "quantile.safetensors"));
    private static readonly float[] _quantiles = JsonSerializer.Deserialize<float[]>(_fixture.Metadata["q"])!;

    /// <summary>Arrays of many lengths, half of them with few different values.</summary>
    private static readonly Gen<float[]> _arrays =
        from length in Gen.Choose(1, 300)
        from range in Gen.Elements(3, 1_000_000)
        from values in Gen.ArrayOf(Gen.Choose(-range, range), length)
        select values.Select(value => value / 7f).ToArray();

    public static TheoryData<string> Cases =>
        [.. _fixture.Tensors.Keys.Where(key => key.EndsWith("/values", StringComparison.Ordinal)).Select(key => key.Split('/')[0])];

    [Theory]
    [MemberData(nameof(Cases))]
    public void AgreesWithTorch(string name)
    {
        StoredTensor stored = _fixture[$"{name}/values"];
        ReadOnlySpan<float> values = stored.AsSingles(), expected = _fixture[$"{name}/quantiles"].AsSingles();
        // [rows, n] as it is; but of the edit "sega", [1, 4, 16, 16], magnitudes per channel.
        int rows = expected.Length / _quantiles.Length, length = values.Length / rows;
        for (int i = 0; i < expected.Length; i++)
        {
            float[] row = values.Slice(i % rows * length, length).ToArray();
            if (name == "sega") TensorPrimitives.Abs(row, row);
            Assert.Equal(expected[i], Quantile.SelectInPlace(row, _quantiles[i / rows]), 1e-6f);
        }
    }

    [Fact]
    public void SelectionIsWhatSortingGives() => Properties.ForAll(_arrays.SelectMany(values => Gen.Choose(0, values.Length - 1), (values, k) => (values, k)), input =>
    {
        float[] reordered = [.. input.values], sorted = [.. input.values.Order()];
        Assert.Equal(sorted[input.k], OrderStatistic.SelectInPlace(reordered, input.k));
        Assert.Equal(sorted, reordered.Order());
        Assert.All(reordered[..input.k], value => Assert.True(value <= sorted[input.k]));
        Assert.All(reordered[input.k..], value => Assert.True(value >= sorted[input.k]));
    });

    [Theory]
    [InlineData("ascending")]
    [InlineData("descending")]
    [InlineData("equal")]
    [InlineData("organ pipe")]
    public void SelectionIsRightWhateverTheOrder(string order)
    {
        const int Length = 5000;
        float[] values = [.. Enumerable.Range(0, Length).Select(i => order switch
        {
            "ascending" => i,
            "descending" => -i,
            "organ pipe" => Math.Min(i, Length - i),
            _ => 1f,
        })];
        float[] sorted = [.. values.Order()];
        foreach (int k in (int[])[0, 1, Length / 2, Length - 2, Length - 1]) Assert.Equal(sorted[k], OrderStatistic.SelectInPlace([.. values], k));
    }

    [Theory]
    [InlineData("-0.1")]
    [InlineData("1.1")]
    [InlineData("NaN")]
    public void AQuantileOutsideZeroToOneIsRefused(string quantile) => Assert.Throws<ArgumentOutOfRangeException>(
        () => Quantile.SelectInPlace([1, 2], float.Parse(quantile, CultureInfo.InvariantCulture)));

    [Fact]
    public void NothingHasNoQuantile() => Assert.Throws<ArgumentOutOfRangeException>(() => Quantile.SelectInPlace([], 0.5f));
}
