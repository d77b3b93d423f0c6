namespace SafeDiffusion.Methods.DetectAndGuide;

/// <summary>The thresholds and scalers of the guidance's scale (Li et al., CVPR 2025, section 3.3).</summary>
/// <param name="Presence">hi: at or above it a position shows the concept.</param>
/// <param name="Edit">lo: at or above it a position may be edited.</param>
/// <param name="UndefinedCoverage">The share of the grid from which on the edit mask says nothing yet.</param>
/// <param name="Weight">The scale of a component that fills the grid.</param>
/// <param name="MaxMagnitude">The most that the magnitude scaler multiplies with.</param>
/// <param name="UsesArea">Whether a component's size counts.</param>
/// <param name="UsesMagnitude">Whether a position's value counts.</param>
internal readonly record struct DetectionScaleSettings(
    float Presence, float Edit, float UndefinedCoverage, float Weight, float MaxMagnitude, bool UsesArea, bool UsesMagnitude);

/// <summary>
/// How strongly each position is edited: <c>S ⊙ M</c> of a detection map, with the edit mask <c>M = [A ≥ lo]</c> and
/// <c>S = area ⊙ clamp(A / lo, 1, 5)</c>. The area scaler gives every position of a 4-connected component of <c>[A ≥ hi]</c> the weight
/// times the component's share of the grid, and every other position of <c>M</c> that of the nearest component. The paper prints
/// <c>max(A / lo, 5)</c> where its text gives the range 1 to 5; the text is taken. The buffers are made once.
/// </summary>
internal sealed class DetectionScale(int height, int width)
{
    private readonly float[] _scale = new float[height * width];
    private readonly int[] _labels = new int[height * width];
    private readonly int[] _sizes = new int[height * width + 1];
    private readonly int[] _stack = new int[height * width];
    private readonly NearestComponent _nearest = new(height, width);

    /// <summary><c>S ⊙ M</c> of the last map, <c>[H, W]</c>; zeros where there is no guidance.</summary>
    public ReadOnlySpan<float> Values => _scale;

    /// <summary>The component of each position of the last map, <c>[H, W]</c>, from 1; 0 for none.</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>The components of the last map.</summary>
    public int Components { get; private set; }

    /// <summary>The share of the grid that the last map's edit mask covers.</summary>
    public float Coverage { get; private set; }

    /// <summary>Computes the scale of a map, <c>[H, W]</c> from 0 to 1.</summary>
    /// <returns>Whether there is anything to guide by: some component, and an edit mask that covers less than the undefined share.</returns>
    public bool Compute(ReadOnlySpan<float> map, in DetectionScaleSettings settings)
    {
        FindComponents(map, settings.Presence);
        int covered = 0;
        foreach (float value in map) covered += value >= settings.Edit ? 1 : 0;
        Coverage = (float)covered / map.Length;
        if (Components == 0 || Coverage >= settings.UndefinedCoverage)
        {
            _scale.AsSpan().Clear();
            return false;
        }
        if (settings.UsesArea) FillArea(settings.Weight);
        else _scale.AsSpan().Fill(1);
        for (int i = 0; i < map.Length; i++)
        {
            if (map[i] < settings.Edit) _scale[i] = 0;
            else if (settings.UsesMagnitude) _scale[i] *= Math.Clamp(map[i] / settings.Edit, 1, settings.MaxMagnitude);
        }
        return true;
    }

    private void FindComponents(ReadOnlySpan<float> map, float presence)
    {
        _labels.AsSpan().Clear();
        Components = 0;
        for (int i = 0; i < map.Length; i++)
        {
            if (_labels[i] != 0 || map[i] < presence) continue;
            int label = ++Components;
            _sizes[label] = Flood(map, presence, i, label);
        }
    }

    /// <summary>Labels the component of a position.</summary>
    /// <returns>Its size.</returns>
    private int Flood(ReadOnlySpan<float> map, float presence, int start, int label)
    {
        int size = 1, depth = 1;
        _labels[start] = label;
        _stack[0] = start;
        while (depth > 0)
        {
            int position = _stack[--depth];
            int x = position % width, y = position / width;
            if (x > 0) Visit(map, position - 1);
            if (x < width - 1) Visit(map, position + 1);
            if (y > 0) Visit(map, position - width);
            if (y < height - 1) Visit(map, position + width);
        }
        return size;

        void Visit(ReadOnlySpan<float> map, int neighbour)
        {
            if (_labels[neighbour] != 0 || map[neighbour] < presence) return;
            _labels[neighbour] = label;
            _stack[depth++] = neighbour;
            size++;
        }
    }

    private void FillArea(float weight)
    {
        float perPosition = weight / _scale.Length;
        ReadOnlySpan<int> nearest = _nearest.Find(_labels);
        for (int i = 0; i < _scale.Length; i++) _scale[i] = perPosition * _sizes[_labels[nearest[i]]];
    }
}
