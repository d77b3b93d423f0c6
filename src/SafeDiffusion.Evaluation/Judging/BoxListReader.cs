using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>Reads boxes, labels and scores from an output each.</summary>
internal sealed class BoxListReader : IFindingReader
{
    private readonly ImageNetwork _network;
    private readonly BoxListOutput _form;
    private readonly DetectedLabels _detected;

    /// <exception cref="InvalidFileException">An output is missing or of another form.</exception>
    public BoxListReader(ImageNetwork network, BoxListOutput form, DetectedLabels detected)
    {
        (_network, _form, _detected) = (network, form, detected);
        Outputs = [form.Boxes, form.Labels, form.Scores];
        int[] boxes = network.Output(form.Boxes).Shape;
        RequireForm(boxes.Length is 2 or 3 && boxes[^1] is 4 or < 0, form.Boxes, boxes, "[N, 4] or [B, N, 4]");
        // Without a batch axis the boxes of several pictures could not be told apart.
        RequireForm(boxes.Length == 3 || !network.IsBatched, form.Boxes, boxes, "[B, N, 4], since the network takes several pictures at once");
        foreach (string name in (string[])[form.Labels, form.Scores])
        {
            int[] shape = network.Output(name).Shape;
            RequireForm(shape.Length == boxes.Length - 1, name, shape, boxes.Length == 2 ? "[N]" : "[B, N]");
        }
    }

    public IReadOnlyList<string> Outputs { get; }

    public IEnumerable<Finding> Read(OutputTensor[] outputs, int index, int count, RgbImage image)
    {
        (OutputTensor boxes, OutputTensor labels, OutputTensor scores) = (outputs[0], outputs[1], outputs[2]);
        bool hasBatch = boxes.Shape.Length == 3;
        bool fits = boxes.Shape[^1] == 4 && labels.Values.Length == scores.Values.Length && labels.Values.Length * 4 == boxes.Values.Length
            && (!hasBatch || boxes.Shape[0] == count);
        if (!fits) throw _network.Failure($"{_form.Boxes}, {_form.Labels} and {_form.Scores} do not hold the same number of boxes for {count} pictures.");
        int candidates = labels.Values.Length / (hasBatch ? count : 1);
        int first = hasBatch ? index * candidates : 0;
        return Enumerable.Range(first, candidates)
            .Select(i => (Index: i, Label: (int)labels.Values[i] - _form.FirstLabel, Score: scores.Values[i]))
            .Where(candidate => _detected.Counts(candidate.Label, candidate.Score))
            .Select(candidate => _detected.Find(
                candidate.Label, candidate.Score, CanvasBox.Of(boxes.Values.AsSpan(candidate.Index * 4, 4), _form.Format), image));
    }

    private void RequireForm(bool holds, string name, int[] shape, string expected)
    {
        if (!holds) throw new InvalidFileException(_network.File, $"{name} has the shape [{string.Join(", ", shape)}]; {expected} is needed.");
    }
}
