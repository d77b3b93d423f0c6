using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Baking;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation;

/// <summary>
/// Writes a text erasure into a UNet's weights. A linear map of the text states is the same as one of the weights that read them,
/// <c>W (P e) = (W P) e</c> (TRCE's first stage, arXiv:2503.07389, and UCE, arXiv:2308.14761), so that <c>W P</c> stands in the place of every W of keys
/// and values in cross-attention. It acts on every text that the UNet reads. Weights that fine-tuning has changed are written likewise, before
/// that map where both are given.
/// </summary>
public static class UNetBaking
{
    /// <summary>Refuses a UNet that is instrumented or quantised, or that holds erasures already.</summary>
    /// <param name="model">The UNet.</param>
    /// <param name="erasures">What is to be baked, for the message.</param>
    /// <exception cref="InvalidFileException">It is.</exception>
    public static void RequireBakeable(OnnxModelFile model, IReadOnlyList<BakedErasure> erasures)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(erasures);
        if (BakedErasures.Of(model) is { } baked)
        {
            HashSet<string> there = [.. baked.Erasures.Select(erasure => erasure.Hash)];
            string what = erasures.FirstOrDefault(erasure => there.Contains(erasure.Hash)) is { } same
                ? $"holds the erasure of \"{same.Concept}\" ({same.Hash[..Math.Min(12, same.Hash.Length)]}) already"
                : $"holds the erasure of {string.Join(", ", baked.Erasures.Select(erasure => $"\"{erasure.Concept}\""))}; to add another, bake all of them at once into the model without";
            throw new InvalidFileException(model.Path, what);
        }
        if (UNetQuantization.RecordOf(model) is not null)
            throw new InvalidFileException(model.Path, "is quantised: erasures go into float weights. Apply before quantising: bake into the model that it was made from, then quantise that");
        if (UNetInstrumentation.RecordOf(model) is not null)
            throw new InvalidFileException(model.Path, "is instrumented: what was added to it uses the same weights. Bake into the model as it was exported, then instrument that");
    }

    /// <summary>
    /// Writes the UNet with <c>W P</c> for every W, and with other weights where those are given. Weights are read and multiplied one by one. Those that were inside the file stay inside;
    /// external ones go to one new file beside the model (<c>model.erased.weights</c>), and all others are looked for where they were, beside the new model.
    /// </summary>
    /// <param name="model">The UNet; it is left as it is.</param>
    /// <param name="matrix">P; null where only <paramref name="changed"/> is written.</param>
    /// <param name="record">What they are, for the model's metadata.</param>
    /// <param name="path">The file to write, in another folder than the UNet's.</param>
    /// <param name="changed">What gives other elements of an initializer, of its type and shape, which P acts after; null for none.</param>
    /// <param name="progress">Is told of every weight.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind.</param>
    /// <returns>How many weights were changed.</returns>
    /// <exception cref="GraphNotUnderstoodException">The cross-attention, or a weight behind it, is not understood.</exception>
    /// <exception cref="InvalidFileException">The UNet cannot be baked into, a file cannot be read or written, or P changes no weight.</exception>
    /// <exception cref="ArgumentException">P has another width than the text states.</exception>
    public static int Write(
        OnnxModelFile model, TextMatrix? matrix, BakedErasures record, string path, IReadOnlyDictionary<string, Func<ReadOnlyMemory<byte>>>? changed = null,
        IProgress<BakingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(record);
        RequireBakeable(model, record.Erasures);
        ModelProto edited = model.Proto.Clone();
        UNetAnalysis analysis = UNetAnalyzer.Analyze(new OnnxModelFile(model.Path, edited));
        if (matrix is not null && analysis.TextWidth != matrix.Width)
            throw new ArgumentException($"The erasure is for text states of width {matrix.Width}; this model's are {analysis.TextWidth} wide.", nameof(matrix));
        IReadOnlyList<TextWeight> weights = matrix is null ? [] : TextWeight.Separated(analysis);
        string dataFile = Path.ChangeExtension(path, ".erased.weights");
        if (File.Exists(dataFile) || model.ExternalDataFiles.Contains(Path.GetFileName(dataFile)))
            throw new InvalidFileException(dataFile, "is there already; remove it, or name another folder");
        record.WriteTo(edited);
        int written = 0;
        AtomicFile.Write(dataFile, stream => written = new WeightReplacement(model, edited, changed ?? new Dictionary<string, Func<ReadOnlyMemory<byte>>>(),
            new ExternalDataFile(stream, Path.GetFileName(dataFile)), progress).Run(weights, matrix, cancellationToken));
        try
        {
            if (new FileInfo(dataFile).Length == 0) File.Delete(dataFile);
            new OnnxModelFile(model.Path, edited).Save(path);
        }
        catch
        {
            File.Delete(dataFile);
            throw;
        }
        return written;
    }
}
