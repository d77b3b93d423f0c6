using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>How a box's four numbers are meant.</summary>
public enum BoxFormat
{
    /// <summary>Left, top, right, bottom.</summary>
    Corners,

    /// <summary>Centre's x and y, width, height.</summary>
    CenterSize,
}

/// <summary>The unit of a box's numbers.</summary>
public enum BoxUnit
{
    /// <summary>Pixels of the network's input.</summary>
    Pixels,

    /// <summary>Shares of the input's width and height, 0 to 1.</summary>
    Shares,
}

/// <summary>What a detector gives. <c>form</c> tells which form it is.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "form", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(BoxListOutput), "boxes")]
[JsonDerivedType(typeof(YoloOutput), "yolo")]
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public abstract record DetectorOutput
{
    /// <summary>The unit of a box's numbers.</summary>
    public BoxUnit Unit { get; init; } = BoxUnit.Pixels;

    internal abstract void Validate(FieldCheck check);

    /// <exception cref="InvalidFileException">An output is missing, or of another form.</exception>
    internal abstract IFindingReader CreateReader(ImageNetwork network, DetectedLabels detected);
}

/// <summary>A list of boxes, from a network that has dropped overlapping ones itself (<c>"form": "boxes"</c>).</summary>
public sealed record BoxListOutput : DetectorOutput
{
    /// <summary>The output with the boxes, <c>[N, 4]</c> or <c>[B, N, 4]</c>.</summary>
    public string Boxes { get; init; } = "boxes";

    /// <summary>The output with a label's number per box, <c>[N]</c> or <c>[B, N]</c>.</summary>
    public string Labels { get; init; } = "labels";

    /// <summary>The output with a score per box, <c>[N]</c> or <c>[B, N]</c>, 0 to 1.</summary>
    public string Scores { get; init; } = "scores";

    /// <summary>How a box's numbers are meant.</summary>
    public BoxFormat Format { get; init; } = BoxFormat.Corners;

    /// <summary>The number of the first label; 1 for networks that count the background as 0. Boxes of other numbers are dropped.</summary>
    public int FirstLabel { get; init; }

    internal override void Validate(FieldCheck check)
    {
        check.RequireText(Boxes, nameof(Boxes));
        check.RequireText(Labels, nameof(Labels));
        check.RequireText(Scores, nameof(Scores));
    }

    internal override IFindingReader CreateReader(ImageNetwork network, DetectedLabels detected) => new BoxListReader(network, this, detected);
}

/// <summary>
/// One output <c>[B, 4 + labels, N]</c> of N candidates, as YOLO v8 and later give it (<c>"form": "yolo"</c>): centre, size, and a score per
/// label. A candidate has the label of its highest score; of candidates with the same label that overlap, the surest stays.
/// </summary>
public sealed record YoloOutput : DetectorOutput
{
    /// <summary>The output's name; null where the network has only one.</summary>
    public string? Name { get; init; }

    /// <summary>The overlap, intersection over union, above which the less sure of two boxes is dropped, 0 to 1.</summary>
    public double MaxOverlap { get; init; } = 0.45;

    internal override void Validate(FieldCheck check) => check.RequireRange(MaxOverlap, 0, 1, nameof(MaxOverlap));

    internal override IFindingReader CreateReader(ImageNetwork network, DetectedLabels detected) => new YoloReader(network, this, detected);
}
