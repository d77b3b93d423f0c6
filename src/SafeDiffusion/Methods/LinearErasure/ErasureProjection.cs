using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Security.Cryptography;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.LinearErasure;

/// <summary>
/// An erasure: a map of text states by which a concept reads as something else, one matrix <c>P [D, D]</c> with D the text width, or a
/// kernel map; with or without a gate. Immutable; a <c>.safetensors</c> file.
/// </summary>
public sealed class ErasureProjection : LearnedAsset, ILoadableAsset<ErasureProjection>
{
    /// <summary>The largest D.</summary>
    public const int MaxWidth = 8192;

    private const int MaxNames = 1000;

    private readonly float[] _matrix;

    /// <summary>Makes a linear erasure.</summary>
    /// <param name="identity">The concept, and the model that it was learned with.</param>
    /// <param name="matrix">P, <c>[D, D]</c>, row by row; a state <c>e</c> becomes <c>P e</c>.</param>
    /// <param name="textWidth">D, 1 to 8192.</param>
    /// <param name="gate">Where it acts; null for everywhere.</param>
    /// <exception cref="ArgumentException">There are not D² values, one is not finite, or the gate is of another width.</exception>
    public ErasureProjection(AssetIdentity identity, float[] matrix, int textWidth, ErasureGate? gate = null)
        : this(identity, matrix ?? throw new ArgumentNullException(nameof(matrix)), null, textWidth, gate)
    {
    }

    /// <summary>Makes an erasure by a kernel map, which is added to a token's state.</summary>
    /// <param name="identity">The concept, and the model that it was learned with.</param>
    /// <param name="kernel">The map, of as many outputs as the states are wide.</param>
    /// <param name="gate">Where it acts; null for everywhere.</param>
    /// <exception cref="ArgumentException">The map gives another number of values than it takes, or the gate is of another width.</exception>
    public ErasureProjection(AssetIdentity identity, KernelMap kernel, ErasureGate? gate)
        : this(identity, [], kernel, kernel?.Width ?? throw new ArgumentNullException(nameof(kernel)), gate)
    {
    }

    private ErasureProjection(AssetIdentity identity, float[] matrix, KernelMap? kernel, int textWidth, ErasureGate? gate)
        : base(identity)
    {
        if (textWidth is < 1 or > MaxWidth) throw new ArgumentException($"The text width must be 1 to {MaxWidth}, and is {textWidth}.", nameof(textWidth));
        if (gate is not null && gate.TextWidth != textWidth) throw new ArgumentException($"The gate is of width {gate.TextWidth}, the erasure of {textWidth}.", nameof(gate));
        if (kernel is not null && kernel.Outputs != textWidth) throw new ArgumentException($"An erasure's kernel map gives as many values as it takes, {textWidth}, not {kernel.Outputs}.", nameof(kernel));
        if (kernel is null && matrix.Length != textWidth * textWidth) throw new ArgumentException($"An erasure projection of {matrix.Length} values is not [{textWidth}, {textWidth}].", nameof(matrix));
        if (!matrix.All(float.IsFinite)) throw new ArgumentException("An erasure projection holds a value that is not a finite number.", nameof(matrix));
        (_matrix, Kernel, TextWidth, Gate) = (matrix, kernel, textWidth, gate);
    }

    /// <summary>How it maps a state.</summary>
    public ErasureForm Form => Kernel is null ? ErasureForm.Linear : ErasureForm.Kernel;

    /// <summary>Whether it acts only where its gate is open; only one that is linear and has no gate can be written into the UNet's weights.</summary>
    public bool IsGated => Gate is not null;

    /// <summary>P, <c>[D, D]</c>, row by row; empty where the form is not linear.</summary>
    public ReadOnlySpan<float> Matrix => _matrix;

    /// <summary>What is added to a state; null where the form is linear.</summary>
    public KernelMap? Kernel { get; }

    /// <summary>Where it acts; null for everywhere.</summary>
    public ErasureGate? Gate { get; }

    /// <summary>D.</summary>
    public int TextWidth { get; }

    /// <summary>Whether the null condition's states are mapped as well, as where it was written into the weights; false by default.</summary>
    public bool MapsNullCondition { get; init; }

    /// <summary>The names that it was learned from, which prompts are searched for; empty, the default, for none. At most 1000.</summary>
    /// <exception cref="ArgumentException">One is empty, or there are too many.</exception>
    public ImmutableArray<ErasedName> Names
    {
        get;
        init => field = value.IsDefault ? [] : value.Length <= MaxNames && value.All(name => !string.IsNullOrWhiteSpace(name?.Name) && !string.IsNullOrWhiteSpace(name.Becomes)) ? value
            : throw new ArgumentException($"The names of an erasure must be 0 to {MaxNames} texts that are not empty.", nameof(value));
    } = [];

    /// <summary>What it was learned from and how, as JSON; empty where nothing is told.</summary>
    public string Learning { get; init; } = "";

    /// <inheritdoc/>
    public override int? ModelTextWidth => TextWidth;

    /// <inheritdoc/>
    public override string Hash => field ??= ComputeHash();

    /// <inheritdoc/>
    public static ErasureProjection Load(string path)
    {
        SafeTensorsFile file = SafeTensorsFile.Load(path);
        AssetIdentity identity = AssetIdentity.Read(path, ErasureFile.Kind, file.Metadata);
        ErasureFile read = new(file, path);
        try
        {
            (float[] matrix, int width) = read.Matrix();
            KernelMap? kernel = read.Kernel();
            return new ErasureProjection(identity, matrix, kernel, kernel?.Width ?? width, read.Gate())
            {
                Path = path,
                MapsNullCondition = read.MapsNullCondition,
                Names = read.Names(),
                Learning = read.Learning,
            };
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            throw new InvalidFileException(path, $"is damaged: {error.Message}", error);
        }
    }

    /// <summary>Maps one token's state, whatever the gate says.</summary>
    /// <param name="state">The state, <c>[D]</c>.</param>
    /// <param name="target">What it becomes, <c>[D]</c>; no part of <paramref name="state"/>.</param>
    /// <exception cref="ArgumentException">A size does not fit.</exception>
    public void Map(ReadOnlySpan<float> state, Span<float> target)
    {
        if (state.Length != TextWidth || target.Length != TextWidth) throw new ArgumentException($"The erasure maps states of width {TextWidth}.", nameof(state));
        if (Kernel is not null)
        {
            state.CopyTo(target);
            Kernel.AddTo(state, target);
            return;
        }
        for (int i = 0; i < TextWidth; i++) target[i] = TensorPrimitives.Dot(_matrix.AsSpan(i * TextWidth, TextWidth), state);
    }

    /// <summary>Writes the erasure.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Save(string path) => ErasureFile.Of(this, withLearning: true).Save(path);

    private string ComputeHash()
    {
        using MemoryStream stream = new();
        ErasureFile.Of(this, withLearning: false).Write(stream);
        return Convert.ToHexStringLower(SHA256.HashData(stream.ToArray()));
    }
}
