using System.Diagnostics.CodeAnalysis;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.FineTuning.Native;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.FineTuned;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Training;

/// <summary>In what precision a delta is stored.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "The types' names are what is chosen.")]
public enum DeltaPrecision
{
    /// <summary>Single precision, which loses nothing.</summary>
    Float32,

    /// <summary>Half precision of the differences, which lose less by it than whole weights would.</summary>
    Float16,
}

/// <summary>
/// How a delta is stored: the weights whole, or what was added to them in half precision, or the best factors of that of a rank (a truncated
/// singular value decomposition, Eckart and Young 1936). Factors are made of matrices alone, and only where they are smaller.
/// </summary>
/// <param name="Precision">The precision.</param>
/// <param name="Rank">The rank of factors, at least 1; null for none.</param>
public sealed record DeltaForm(DeltaPrecision Precision = DeltaPrecision.Float32, int? Rank = null)
{
    /// <summary>Stores a delta of whole weights in this form.</summary>
    /// <param name="delta">The delta.</param>
    /// <param name="unet">The UNet that it was fine-tuned from.</param>
    /// <returns>The delta in this form, with the error that it costs.</returns>
    /// <exception cref="InvalidRequestException">The rank is below 1, the delta is stored in another form already, or is none of this UNet's.</exception>
    /// <exception cref="AutogradNotAvailableException">libtorch is not there.</exception>
    public WeightDelta Of(WeightDelta delta, OnnxModelFile unet)
    {
        ArgumentNullException.ThrowIfNull(delta);
        ArgumentNullException.ThrowIfNull(unet);
        Validate();
        if (Precision == DeltaPrecision.Float32 && Rank is null) return delta;
        AutogradLibrary.Load();
        IReadOnlyDictionary<string, OnnxTensor> initializers = new OnnxGraph(unet).Initializers;
        Dictionary<string, StoredTensor> stored = [];
        (double lost, double whole) = (0, 0);
        foreach ((string name, StoredTensor weight) in delta.Weights)
        {
            using DisposeScope scope = NewDisposeScope();
            if (!initializers.TryGetValue(name, out OnnxTensor? original)) throw new InvalidRequestException("delta", $"changes '{name}', which this UNet does not have, or is stored as differences already. Begin with the delta of whole weights.");
            if (!original.Shape.SequenceEqual(weight.Shape)) throw new InvalidRequestException("delta", $"changes '{name}' to {weight}, and the UNet's is [{string.Join(", ", original.Shape)}].");
            Tensor before = TensorValues.Read(original) ?? throw new InvalidRequestException("delta", $"changes '{name}' of type {original.ElementType}.");
            Tensor difference = tensor(weight.ToSingles(), [.. weight.Shape]) - before;
            Tensor left = Rank is { } rank && IsSmaller(weight, rank) ? AddFactors(stored, name, difference, rank) : AddDifference(stored, name, difference);
            lost += Square(difference - left);
            whole += Square(difference);
        }
        return new WeightDelta(delta.Identity, stored, whole > 0 ? Math.Sqrt(lost / whole) : 0);
    }

    /// <exception cref="InvalidRequestException">The rank is below 1.</exception>
    internal void Validate()
    {
        if (Rank is < 1) throw new InvalidRequestException("rank", $"must be at least 1, and is {Rank}.");
    }

    private static bool IsSmaller(StoredTensor weight, int rank) => weight.Shape is [var rows, var columns] && rank * (rows + columns) < rows * columns;

    private Tensor AddDifference(Dictionary<string, StoredTensor> stored, string name, Tensor difference) =>
        Store(stored, name + WeightDelta.DifferenceSuffix, difference);

    private Tensor AddFactors(Dictionary<string, StoredTensor> stored, string name, Tensor difference, int rank)
    {
        (Tensor u, Tensor s, Tensor v) = linalg.svd(difference.to(ScalarType.Float64), fullMatrices: false);
        Tensor root = s.slice(0, 0, rank, 1).sqrt();
        Tensor up = Store(stored, name + WeightDelta.UpSuffix, (u.slice(1, 0, rank, 1) * root).to(ScalarType.Float32));
        Tensor down = Store(stored, name + WeightDelta.DownSuffix, (root.unsqueeze(1) * v.slice(0, 0, rank, 1)).to(ScalarType.Float32));
        return matmul(up, down);
    }

    /// <summary>Stores a tensor, and gives what is read of it again.</summary>
    private Tensor Store(Dictionary<string, StoredTensor> stored, string name, Tensor values)
    {
        StoredTensor singles = Checkpoint.ToStored(values);
        stored[name] = Precision == DeltaPrecision.Float32 ? singles : TensorValues.ToHalf(singles);
        return tensor(stored[name].ToSingles(), values.shape);
    }

    private static double Square(Tensor values) => values.to(ScalarType.Float64).square().sum().item<double>();
}
