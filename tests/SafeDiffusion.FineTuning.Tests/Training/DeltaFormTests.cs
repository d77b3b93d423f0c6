using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.FineTuned;

namespace SafeDiffusion.FineTuning.Training;

/// <summary>Formula layer: what deltas lose by being stored smaller.</summary>
public sealed class DeltaFormTests
{
    private static readonly OnnxModelFile _unet = OnnxModelFile.Load(Path.Combine(Fixture.ShapesModel, "unet", "model.onnx"));

    [Fact]
    public void AChangeOfRankTwoIsWhatTwoFactorsHold()
    {
        (WeightDelta whole, float[] change) = Changed(rank: 2);
        WeightDelta factors = new DeltaForm(Rank: 2).Of(whole, _unet);
        (string up, string down) = (factors.Weights.Keys.Single(name => name.EndsWith("::up", StringComparison.Ordinal)), factors.Weights.Keys.Single(name => name.EndsWith("::down", StringComparison.Ordinal)));
        Assert.Equal(whole.Changed, factors.Changed);
        Assert.InRange(factors.Error!.Value, 0, 1e-4);
        Assert.All(change.Zip(Product(factors.Weights[up], factors.Weights[down])), pair => Assert.Equal(pair.First, pair.Second, 1e-5));

        // One of two equal directions is half of the squares.
        Assert.InRange(new DeltaForm(Rank: 1).Of(whole, _unet).Error!.Value, 0.6, 0.8);
    }

    [Fact]
    public void HalfPrecisionIsOfTheDifferences()
    {
        (WeightDelta whole, float[] change) = Changed(rank: 2);
        WeightDelta half = new DeltaForm(DeltaPrecision.Float16).Of(whole, _unet);
        StoredTensor stored = half.Weights.Values.Single();
        Assert.Equal(ElementType.F16, stored.Type);
        Assert.All(change.Zip(stored.ToSingles()), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.InRange(half.Error!.Value, 1e-6, 1e-3);
        Assert.Same(whole, new DeltaForm().Of(whole, _unet));
    }

    [Fact]
    public void TheFileKeepsTheErrorAndTheForm()
    {
        using TemporaryFolder folder = new();
        WeightDelta half = new DeltaForm(DeltaPrecision.Float16, Rank: 1).Of(Changed(rank: 2).Delta, _unet);
        half.Save(folder.File("a.delta.safetensors"));
        WeightDelta read = WeightDelta.Load(folder.File("a.delta.safetensors"));
        Assert.Equal((half.Hash, half.Error), (read.Hash, read.Error));
        Assert.Throws<InvalidRequestException>(() => new DeltaForm(Rank: 1).Of(read, _unet));
        Assert.Throws<InvalidRequestException>(() => new DeltaForm(Rank: 0).Of(read, _unet));
    }

    [Fact]
    public void PartsThatDoNotMakeAWeightAreRefused()
    {
        StoredTensor column = StoredTensor.FromSingles([1, 2], 2, 1), row = StoredTensor.FromSingles([1, 2], 1, 2);
        Assert.NotNull(Of(("w::up", column), ("w::down", row)));
        Assert.Throws<ArgumentException>(() => Of(("w::up", column)));
        Assert.Throws<ArgumentException>(() => Of(("w::up", row), ("w::down", row)));
        Assert.Throws<ArgumentException>(() => Of(("w", column), ("w::difference", column)));

        static WeightDelta Of(params (string Name, StoredTensor Tensor)[] parts) =>
            new(new() { Concept = "x", BaseModelHash = "y", Tool = "test" }, parts.ToDictionary(part => part.Name, part => part.Tensor));
    }

    /// <summary>A delta that adds orthogonal directions of equal size to a weight.</summary>
    private static (WeightDelta Delta, float[] Change) Changed(int rank)
    {
        OnnxTensor weight = new OnnxGraph(_unet).Initializers.Values.First(tensor => tensor.Shape is [>= 64, >= 64] && tensor.ElementType == OnnxElementType.Float32);
        (int rows, int columns) = ((int)weight.Shape[0], (int)weight.Shape[1]);
        float[] change = new float[rows * columns];
        for (int i = 0; i < rank; i++)
        {
            for (int row = i; row < rows; row += rank)
            {
                for (int column = i; column < columns; column += rank) change[row * columns + column] = 0.01f;
            }
        }
        float[] after = StoredTensorOf(weight).Zip(change, (value, added) => value + added).ToArray();
        WeightDelta delta = new(new() { Concept = "x", BaseModelHash = "y", Tool = "test" }, new Dictionary<string, StoredTensor> { [weight.Name] = StoredTensor.FromSingles(after, weight.Shape.AsSpan()) });
        return (delta, change);
    }

    private static float[] StoredTensorOf(OnnxTensor tensor) => new StoredTensor(ElementType.F32, tensor.Shape.AsSpan(), tensor.ReadBytes()).ToSingles();

    private static IEnumerable<float> Product(StoredTensor up, StoredTensor down)
    {
        (float[] left, float[] right) = (up.ToSingles(), down.ToSingles());
        (long rank, long columns) = (down.Shape[0], down.Shape[1]);
        return Enumerable.Range(0, left.Length / (int)rank).SelectMany(row => Enumerable.Range(0, (int)columns), (row, column) => Enumerable.Range(0, (int)rank).Sum(i => left[row * rank + i] * right[i * columns + column]));
    }
}
