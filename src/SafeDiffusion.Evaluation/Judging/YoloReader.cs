using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>Reads one output [B, 4 + labels, N] of candidates, and drops those that a surer one of their label overlaps.</summary>
internal sealed class YoloReader : IFindingReader
{
    private const int BoxRows = 4;

    private readonly ImageNetwork _network;
    private readonly YoloOutput _form;
    private readonly DetectedLabels _detected;
    private readonly int _rows;

    /// <exception cref="InvalidFileException">The output is missing or of another form.</exception>
    public YoloReader(ImageNetwork network, YoloOutput form, DetectedLabels detected)
    {
        (_network, _form, _detected) = (network, form, detected);
        _rows = BoxRows + detected.Labels.Length;
        (string name, int[] shape) = network.Output(form.Name);
        Outputs = [name];
        if (shape is [_, var rows, _] && (rows < 0 || rows == _rows)) return;
        throw new InvalidFileException(
            network.File, $"{name} has the shape [{string.Join(", ", shape)}], but there are {detected.Labels.Length} labels: [B, {_rows}, N] is needed.");
    }

    public IReadOnlyList<string> Outputs { get; }

    public IEnumerable<Finding> Read(OutputTensor[] outputs, int index, int count, RgbImage image)
    {
        OutputTensor output = outputs[0];
        if (output.Shape is not [var pictures, var rows, var candidates] || pictures != count || rows != _rows)
            throw _network.Failure($"{Outputs[0]} has the shape [{string.Join(", ", output.Shape)}], not [{count}, {_rows}, N].");
        return WithoutOverlaps(Candidates(output.Row(index), (int)candidates))
            .Select(candidate => _detected.Find(candidate.Label, candidate.Score, candidate.Box, image));
    }

    private List<Candidate> Candidates(ReadOnlySpan<float> values, int count)
    {
        List<Candidate> candidates = [];
        Span<float> box = stackalloc float[BoxRows];
        for (int i = 0; i < count; i++)
        {
            int best = 0;
            for (int label = 1; label < _rows - BoxRows; label++)
            {
                if (values[((BoxRows + label) * count) + i] > values[((BoxRows + best) * count) + i]) best = label;
            }
            float score = values[((BoxRows + best) * count) + i];
            if (!_detected.Counts(best, score)) continue;
            for (int row = 0; row < BoxRows; row++) box[row] = values[(row * count) + i];
            candidates.Add(new Candidate(best, score, CanvasBox.Of(box, BoxFormat.CenterSize)));
        }
        return candidates;
    }

    /// <summary>Non-maximum suppression, label by label.</summary>
    private List<Candidate> WithoutOverlaps(List<Candidate> candidates)
    {
        List<Candidate> kept = [];
        foreach (Candidate candidate in candidates.OrderByDescending(candidate => candidate.Score))
        {
            bool isCovered = kept.Exists(surer => surer.Label == candidate.Label && CanvasBox.Overlap(surer.Box, candidate.Box) > _form.MaxOverlap);
            if (!isCovered) kept.Add(candidate);
        }
        return kept;
    }

    private readonly record struct Candidate(int Label, float Score, CanvasBox Box);
}
