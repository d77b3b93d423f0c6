using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>What is known of a value when the model's inputs have the probe's sizes.</summary>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its shape; null where it is not known.</param>
/// <param name="Contents">Its elements, where they follow from constants and shapes alone and are few.</param>
/// <param name="Uniform">The one number that all elements are, where that is known.</param>
/// <param name="IsConstant">Whether it follows from constants alone, whatever the inputs are.</param>
internal sealed record Facts(OnnxElementType Type, long[]? Shape = null, double[]? Contents = null, double? Uniform = null, bool IsConstant = false)
{
    private const int LargestRank = 64;

    public static Facts Unknown { get; } = new(OnnxElementType.Undefined);

    public int Rank => Shape?.Length ?? -1;

    public bool IsInteger => Type is OnnxElementType.Int64 or OnnxElementType.Int32 or OnnxElementType.Int16 or OnnxElementType.Int8
        or OnnxElementType.UInt8 or OnnxElementType.UInt16 or OnnxElementType.UInt32 or OnnxElementType.UInt64 or OnnxElementType.Boolean;

    /// <summary>The number behind a value that is one number, repeated or not.</summary>
    public double? Scalar => Uniform ?? (Contents is [double one] ? one : null);

    /// <summary>The elements as whole numbers: a shape, axes, indices.</summary>
    public long[]? Integers => Contents is null ? null : Array.ConvertAll(Contents, ToInteger);

    public static Facts Of(OnnxElementType type, long[]? shape, double[]? contents = null, double? uniform = null, bool constant = false) =>
        new(type, shape, contents, uniform ?? UniformOf(contents), constant);

    /// <summary>Without contents and shapes so large that only a hostile graph has them: a few nodes could double them without end.</summary>
    public Facts Bounded() => Shape?.Length > LargestRank || Contents?.Length > TensorContents.MostElements
        ? this with { Shape = Shape?.Length > LargestRank ? null : Shape, Contents = null }
        : this;

    private static double? UniformOf(double[]? contents)
    {
        if (contents is not { Length: > 0 })
            return null;
        return contents.AsSpan().IndexOfAnyExcept(contents[0]) < 0 ? contents[0] : null;
    }

    private static long ToInteger(double value) => value switch
    {
        >= long.MaxValue => long.MaxValue,
        <= long.MinValue => long.MinValue,
        double.NaN => 0,
        _ => (long)value,
    };
}
