using System.Security.Cryptography;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.LinearErasure;

/// <summary>
/// An erasure projection: one matrix <c>P [D, D]</c>, D the text width, by which text states are multiplied so that a concept reads as
/// something else. Immutable; a <c>.safetensors</c> file.
/// </summary>
public sealed class ErasureProjection : LearnedAsset, ILoadableAsset<ErasureProjection>
{
    private const string Kind = "erasure";
    private const string Tensor = "projection";
    private const int MaxWidth = 8192;
    private readonly float[] _matrix;

    /// <summary>Makes a projection.</summary>
    /// <param name="identity">The concept, and the model that it was learned with.</param>
    /// <param name="matrix">P, <c>[D, D]</c>, row by row; a state <c>e</c> becomes <c>P e</c>.</param>
    /// <param name="textWidth">D, 1 to 8192.</param>
    /// <exception cref="ArgumentException">There are not D² values, or one is not finite.</exception>
    public ErasureProjection(AssetIdentity identity, float[] matrix, int textWidth)
        : base(identity)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        if (textWidth is < 1 or > MaxWidth || matrix.Length != textWidth * textWidth) throw new ArgumentException($"An erasure projection of {matrix.Length} values is not [{textWidth}, {textWidth}].", nameof(matrix));
        if (!matrix.All(float.IsFinite)) throw new ArgumentException("An erasure projection holds a value that is not a finite number.", nameof(matrix));
        _matrix = matrix;
        TextWidth = textWidth;
        using MemoryStream stream = new();
        ToFile().Write(stream);
        Hash = Convert.ToHexStringLower(SHA256.HashData(stream.ToArray()));
    }

    /// <summary>P, <c>[D, D]</c>, row by row.</summary>
    public ReadOnlySpan<float> Matrix => _matrix;

    /// <summary>D.</summary>
    public int TextWidth { get; }

    /// <inheritdoc/>
    public override int? ModelTextWidth => TextWidth;

    /// <inheritdoc/>
    public override string Hash { get; }

    /// <inheritdoc/>
    public static ErasureProjection Load(string path)
    {
        SafeTensorsFile file = SafeTensorsFile.Load(path);
        AssetIdentity identity = AssetIdentity.Read(path, Kind, file.Metadata);
        StoredTensor matrix = file.Get(Tensor, [-1, -1]);
        if (matrix.Shape[0] != matrix.Shape[1] || matrix.Shape[0] > MaxWidth) throw new InvalidFileException(path, $"{Tensor} is {matrix}; a square matrix of at most {MaxWidth} rows is needed.");
        try
        {
            return new ErasureProjection(identity, matrix.ToSingles(), (int)matrix.Shape[0]) { Path = path };
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            throw new InvalidFileException(path, $"is damaged: {error.Message}", error);
        }
    }

    /// <summary>Writes the projection.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Save(string path) => ToFile().Save(path);

    private SafeTensorsFile ToFile() => new(
        new Dictionary<string, StoredTensor> { [Tensor] = StoredTensor.FromSingles(_matrix, TextWidth, TextWidth) }, Identity.ToMetadata(Kind));
}
