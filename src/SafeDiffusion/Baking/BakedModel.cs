using System.Reflection;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Baking;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.FineTuned;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Model.Loading;

namespace SafeDiffusion.Baking;

/// <summary>Writes a model folder whose UNet holds text erasures, fine-tuned weights or both, for programs that cannot apply them.</summary>
public static class BakedModel
{
    /// <summary>
    /// Writes the folder whole or not at all. Every text that the new UNet reads is erased: the prompt, the null condition and the texts of
    /// protections, where a policy's <c>text-erasure</c> maps the prompt alone unless it says otherwise.
    /// </summary>
    /// <param name="modelFolder">The model folder; it is left as it is.</param>
    /// <param name="outputFolder">The folder to make; it must not be there yet.</param>
    /// <param name="erasures">The erasures, in the order in which they act, all learned with this model; none where a delta is given alone.</param>
    /// <param name="delta">Fine-tuned weights, made with this model, which the erasures act before as they do in a policy; null for none.</param>
    /// <param name="copyWeights">Whether to copy the other files; otherwise both folders share them (hard links, on one drive).</param>
    /// <param name="progress">Is told of every weight.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="InvalidRequestException">An erasure does not fit this model, cannot be baked or is given twice.</exception>
    /// <exception cref="InvalidFileException">A file is missing, damaged or cannot be written; the output is there already; the UNet holds
    /// erasures already or is instrumented; or the erasures change nothing.</exception>
    /// <exception cref="GraphNotUnderstoodException">The UNet's cross-attention, or a weight behind it, is not understood.</exception>
    public static Task<BakingResult> WriteAsync(string modelFolder, string outputFolder, IReadOnlyList<ErasureProjection> erasures, WeightDelta? delta = null, bool copyWeights = false,
        IProgress<BakingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(erasures);
        return Task.Run(() => Write(new ModelFolder(modelFolder), outputFolder, erasures, delta, copyWeights, progress, cancellationToken), cancellationToken);
    }

    private static BakingResult Write(ModelFolder model, string outputFolder, IReadOnlyList<ErasureProjection> erasures, WeightDelta? delta, bool copyWeights, IProgress<BakingProgress>? progress, CancellationToken cancellationToken)
    {
        string output = Path.TrimEndingDirectorySeparator(Path.GetFullPath(outputFolder));
        if (Path.Exists(output)) throw new InvalidFileException(outputFolder, "is there already. Remove it, or name another folder.");
        if (erasures.Count == 0 && delta is null) throw new InvalidRequestException("erasure", "names none, and no delta is named. Name a file that an erasure was learned into, or a weight delta.");
        RequireDistinct(erasures);
        foreach (ErasureProjection erasure in erasures) RequireLinear(erasure);
        OnnxModelFile unet = model.LoadNetwork("unet");
        BakedErasure[] first = delta is null ? [] : [new(delta.Identity.Concept, delta.Hash) { IsWeightDelta = true }];
        BakedErasure[] baked = [.. first, .. erasures.Select(erasure => new BakedErasure(erasure.Identity.Concept, erasure.Hash))];
        UNetBaking.RequireBakeable(unet, baked);
        int width = UNetInstrumentation.Analyze(unet).TextWidth;
        foreach (ErasureProjection erasure in erasures) RequireWidth(erasure, width);
        string hash = HashOf(model, cancellationToken);
        foreach (ErasureProjection erasure in erasures) RequireLearnedWith(erasure, hash);
        TextMatrix? matrix = erasures.Select(erasure => new TextMatrix(erasure.Matrix, width)).Aggregate((TextMatrix?)null, (first, next) => first is null ? next : next.After(first));
        ChangedWeights? changed = delta?.For();
        changed?.RequireFor(hash);
        var contents = changed?.ContentsFor(unet);
        int weights = 0;
        ModelCopy.Write(model, output, copyWeights, path => weights = UNetBaking.Write(unet, matrix, new(hash, baked, Tool), path, contents, progress, cancellationToken), cancellationToken);
        return new BakingResult(hash, HashOf(new ModelFolder(output), CancellationToken.None), weights, baked);
    }

    private static string Tool => $"SafeDiffusion {typeof(BakedModel).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]}";

    private static string HashOf(ModelFolder model, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return WeightsHash.Compute([model.LoadNetwork("text_encoder"), model.LoadNetwork("unet")]);
    }

    private static void RequireDistinct(IReadOnlyList<ErasureProjection> erasures)
    {
        if (erasures.GroupBy(erasure => erasure.Hash).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InvalidRequestException("erasure", $"names {Name(twice.First())} twice. Name each erasure once.");
    }

    /// <summary>The one place that says what can be baked: a linear map of every state alike.</summary>
    private static void RequireLinear(ErasureProjection erasure)
    {
        ArgumentNullException.ThrowIfNull(erasure);
        if (erasure.IsGated)
            throw new InvalidRequestException("erasure", $"{Name(erasure)} has a gate that decides text by text; weights act on every text. Use it as text-erasure in a policy, or learn one with --method trce --gate none.");
        if (erasure.Form != ErasureForm.Linear)
            throw new InvalidRequestException("erasure", $"{Name(erasure)} is a kernel map, which no weights can hold. Use it as text-erasure in a policy, or learn one with --method trce --gate none.");
    }

    private static void RequireWidth(ErasureProjection erasure, int width)
    {
        if (erasure.TextWidth != width)
            throw new InvalidRequestException("erasure", $"{Name(erasure)} is for text states of width {erasure.TextWidth}; this model's are {width} wide.");
    }

    private static void RequireLearnedWith(ErasureProjection erasure, string hash)
    {
        string learnedWith = erasure.Identity.BaseModelHash;
        if (learnedWith != hash)
            throw new InvalidRequestException("erasure", $"{Name(erasure)} was learned with another model ({learnedWith[..Math.Min(12, learnedWith.Length)]}, this one is {hash[..12]}). Learn it with this model.");
    }

    private static string Name(ErasureProjection erasure) => erasure.Path is { } path ? Path.GetFileName(path) : $"the erasure of \"{erasure.Identity.Concept}\"";
}
