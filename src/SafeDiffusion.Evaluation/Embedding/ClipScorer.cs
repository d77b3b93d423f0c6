using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Fingerprints;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Settings;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Embedding;

/// <summary>
/// CLIP score: how well a picture goes with a text, <c>max(100 cos(image, text), 0)</c> (Hessel et al., EMNLP 2021, equation 1, with the
/// weight 100 that torchmetrics uses instead of 2.5). Safe for several threads.
/// </summary>
public sealed class ClipScorer : IPictureTextScore, IDisposable
{
    private readonly ImageNetwork _images;
    private readonly ClipTextNetwork _texts;
    private readonly string _imageOutput;

    internal ClipScorer(ClipScorerSettings settings, string folder, ProviderSettings provider)
    {
        string imageModel = SettingRules.Locate(folder, settings.ImageModel);
        string textModel = SettingRules.Locate(folder, settings.TextModel);
        string tokenizer = SettingRules.Locate(folder, settings.Tokenizer);
        _texts = new ClipTextNetwork(textModel, settings.TextOutput, ClipTokenizer.Load(tokenizer), provider);
        try
        {
            _images = ImageNetwork.Load("clip image network", imageModel, provider, settings.ImageInput);
            (_imageOutput, int[] shape) = _images.Output(settings.ImageOutput);
            if (shape.Length != 2) throw new InvalidFileException(imageModel, $"{_imageOutput} has the shape [{string.Join(", ", shape)}]; [B, D] is needed.");
            Fingerprint = ModelFingerprint.Compute([settings.ToJson(), .. ClipTextNetwork.TokenizerTexts(tokenizer)], imageModel, textModel);
        }
        catch
        {
            _images?.Dispose();
            _texts.Dispose();
            throw;
        }
    }

    /// <summary>The SHA-256 of settings, networks and tokenizer, in hexadecimal.</summary>
    public string Fingerprint { get; }

    /// <summary>What reports call it.</summary>
    public string Name => $"CLIP {Fingerprint[..12]}";

    /// <summary>Scores pictures against one text.</summary>
    /// <param name="images">The pictures.</param>
    /// <param name="text">The text; what the tokenizer has no room for does not count.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>A score per picture, 0 to 100.</returns>
    /// <exception cref="InferenceException">A network failed, or the two give vectors of different lengths or of length 0.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<double> Score(IReadOnlyList<RgbImage> images, string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(text);
        float[] embedding = _texts.Embed(text, cancellationToken);
        return [.. _images.Run(images, [_imageOutput], cancellationToken).SelectMany(run => run.Images.Select((_, i) => Score(run.Outputs[0], i, run.Images.Length, embedding)))];
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> Score(IReadOnlyList<RgbImage> images, IReadOnlyList<string> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(texts);
        double[] scores = new double[images.Count];
        foreach (IGrouping<string, int> text in Enumerable.Range(0, images.Count).GroupBy(index => texts[index]))
        {
            IReadOnlyList<double> scored = Score([.. text.Select(index => images[index])], text.Key, cancellationToken);
            foreach ((int place, int index) in text.Index()) scores[index] = scored[place];
        }
        return scores;
    }

    /// <summary>Frees the networks.</summary>
    public void Dispose()
    {
        _images.Dispose();
        _texts.Dispose();
    }

    private double Score(OutputTensor images, int index, int count, float[] text)
    {
        if (images.Shape is not [var rows, var width] || rows != count || width != text.Length)
            throw _images.Failure($"{_imageOutput} has the shape [{string.Join(", ", images.Shape)}], but a text's embedding has {text.Length} numbers.");
        double cosine = TensorPrimitives.CosineSimilarity(images.Row(index), text);
        return double.IsFinite(cosine) ? Math.Clamp(100 * cosine, 0, 100) : throw _images.Failure("an embedding has the length 0.");
    }
}
