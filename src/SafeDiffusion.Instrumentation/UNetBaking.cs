using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Baking;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation;

/// <summary>
/// Writes a text erasure into a UNet's weights. A linear map of the text states is the same as one of the weights that read them,
/// <c>W (P e) = (W P) e</c> (TRCE's first stage, arXiv:2503.07389, and UCE, arXiv:2308.14761), so that <c>W P</c> stands in the place of every W of keys
/// and values in cross-attention. It acts on every text that the UNet reads.
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
    /// Writes the UNet with <c>W P</c> for every W. Weights are read and multiplied one by one. Those that were inside the file stay inside;
    /// external ones go to one new file beside the model (<c>model.erased.weights</c>), and all others are looked for where they were, beside the new model.
    /// </summary>
    /// <param name="model">The UNet; it is left as it is.</param>
    /// <param name="matrix">P.</param>
    /// <param name="record">What P is, for the model's metadata.</param>
    /// <param name="path">The file to write, in another folder than the UNet's.</param>
    /// <param name="progress">Is told of every weight.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind.</param>
    /// <returns>How many weights were changed.</returns>
    /// <exception cref="GraphNotUnderstoodException">The cross-attention, or a weight behind it, is not understood.</exception>
    /// <exception cref="InvalidFileException">The UNet cannot be baked into, a file cannot be read or written, or P changes no weight.</exception>
    /// <exception cref="ArgumentException">P has another width than the text states.</exception>
    public static int Write(
        OnnxModelFile model, TextMatrix matrix, BakedErasures record, string path, IProgress<BakingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(matrix);
        ArgumentNullException.ThrowIfNull(record);
        RequireBakeable(model, record.Erasures);
        ModelProto edited = model.Proto.Clone();
        UNetAnalysis analysis = UNetAnalyzer.Analyze(new OnnxModelFile(model.Path, edited));
        if (analysis.TextWidth != matrix.Width)
            throw new ArgumentException($"The erasure is for text states of width {matrix.Width}; this model's are {analysis.TextWidth} wide.", nameof(matrix));
        IReadOnlyList<TextWeight> weights = TextWeight.Separated(analysis);
        string dataFile = Path.ChangeExtension(path, ".erased.weights");
        if (File.Exists(dataFile) || model.ExternalDataFiles.Contains(Path.GetFileName(dataFile)))
            throw new InvalidFileException(dataFile, "is there already; remove it, or name another folder");
        record.WriteTo(edited);
        AtomicFile.Write(dataFile, stream => Replace(model, weights, matrix, new ExternalDataFile(stream, Path.GetFileName(dataFile)), progress, cancellationToken));
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
        return weights.Count;
    }

    private static void Replace(OnnxModelFile model, IReadOnlyList<TextWeight> weights, TextMatrix matrix, ExternalDataFile data, IProgress<BakingProgress>? progress, CancellationToken cancellationToken)
    {
        bool isChanged = false;
        for (int i = 0; i < weights.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report(new(weights[i].Name, i, weights.Count));
            float[] before = WeightElements.Read(model, weights[i], matrix.Width);
            byte[] after = WeightElements.Write(model, weights[i], matrix.Applied(before, weights[i].IsTransposed, cancellationToken));
            isChanged |= !after.AsSpan().SequenceEqual(WeightElements.Write(model, weights[i], before));
            if (weights[i].Tensor.DataLocation == TensorProto.Types.DataLocation.External) data.Put(weights[i].Tensor, after);
            else TensorContents.Replace(weights[i].Tensor, after);
        }
        if (!isChanged) throw new InvalidFileException(model.Path, "would stay as it is: the erasure changes none of its weights, so that nothing would be erased");
        progress?.Report(new("", weights.Count, weights.Count));
    }
}
