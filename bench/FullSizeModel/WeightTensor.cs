using System.Globalization;

namespace FullSizeModel;

/// <summary>One tensor: its place in the file, in bytes, and how it is filled (<c>normal MEAN STD</c> or <c>constant VALUE</c>).</summary>
internal sealed record WeightTensor(string Name, long Offset, long Length, string Fill)
{
    /// <exception cref="InvalidDataException">The filling is not one of the two.</exception>
    public (float Mean, float Deviation) Distribution() => Fill.Split(' ') switch
    {
        ["normal", var mean, var deviation] => (Number(mean), Number(deviation)),
        ["constant", var value] => (Number(value), 0),
        _ => throw new InvalidDataException($"{Name}: the filling '{Fill}' is not known."),
    };

    private float Number(string text) => float.TryParse(text, CultureInfo.InvariantCulture, out float value)
        ? value
        : throw new InvalidDataException($"{Name}: '{text}' is not a number.");
}
