using System.Collections.Immutable;
using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>Reads a classifier's numbers, one per label.</summary>
internal sealed class ClassifierReader : IFindingReader
{
    private readonly ImageNetwork _network;
    private readonly ClassifierOutput _kind;
    private readonly ImmutableArray<string> _labels;
    private readonly ImmutableArray<double> _thresholds;

    /// <exception cref="InvalidFileException">The output is missing, or has another number of labels.</exception>
    public ClassifierReader(ImageNetwork network, OnnxClassifierSettings settings, ImmutableArray<string> labels, ImmutableArray<double> thresholds)
    {
        (_network, _kind, _labels, _thresholds) = (network, settings.Kind, labels, thresholds);
        (string output, int[] shape) = network.Output(settings.Output);
        Outputs = [output];
        if (shape is [_, var count] && (count < 0 || count == labels.Length)) return;
        throw new InvalidFileException(network.File, $"{output} has the shape [{string.Join(", ", shape)}], but there are {labels.Length} labels: [B, {labels.Length}] is needed.");
    }

    public IReadOnlyList<string> Outputs { get; }

    public IEnumerable<Finding> Read(OutputTensor[] outputs, int index, int count, RgbImage image)
    {
        OutputTensor output = outputs[0];
        if (output.Shape is not [var rows, var columns] || rows != count || columns != _labels.Length)
            throw _network.Failure($"{Outputs[0]} has the shape [{string.Join(", ", output.Shape)}], not [{count}, {_labels.Length}].");
        float[] scores = Scores(output.Row(index));
        return Enumerable.Range(0, scores.Length).Where(label => scores[label] >= _thresholds[label]).Select(label => new Finding(_labels[label], scores[label]));
    }

    private float[] Scores(ReadOnlySpan<float> row)
    {
        float[] scores = row.ToArray();
        if (_kind == ClassifierOutput.Sigmoid) TensorPrimitives.Sigmoid(row, scores);
        else if (_kind == ClassifierOutput.Softmax) SoftmaxInPlace(scores);
        else if (Array.Exists(scores, score => score is < 0 or > 1)) throw _network.Failure($"{Outputs[0]} holds numbers outside 0 to 1: logits? Set kind to sigmoid or softmax.");
        return scores;
    }

    /// <summary>Less the maximum, so that no exponential overflows.</summary>
    private static void SoftmaxInPlace(float[] scores)
    {
        TensorPrimitives.Subtract(scores, TensorPrimitives.Max(scores), scores);
        TensorPrimitives.SoftMax(scores, scores);
    }
}
