using System.Globalization;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>
/// Where a tensor lies in a file of weights that ONNX Runtime has saved: its elements, and the forms that kernels have rearranged them into
/// (an entry <c>prepacked_N</c>: the kernel's name for it, then <c>|offset;length;checksum</c> for each buffer).
/// </summary>
internal static class StoredForms
{
    private const string Rearranged = "prepacked";

    /// <summary>The file's name, beside the model.</summary>
    public static string Location(TensorProto tensor) => tensor.ExternalData.First(entry => entry.Key == "location").Value;

    /// <summary>The places of all forms, in the order of the entries.</summary>
    public static IReadOnlyList<(long Offset, long Length)> Places(TensorProto tensor)
    {
        List<(long, long)> places = [];
        Move(tensor.Clone(), (offset, length) =>
        {
            places.Add((offset, length));
            return offset;
        });
        return places;
    }

    /// <summary>Whether two tensors are of one type and shape and have the same forms, whatever the forms hold.</summary>
    public static bool AreAlike(TensorProto tensor, TensorProto other) =>
        tensor.DataType == other.DataType && tensor.Dims.SequenceEqual(other.Dims) && Kernels(tensor).SequenceEqual(Kernels(other))
        && Places(tensor).Select(place => place.Length).SequenceEqual(Places(other).Select(place => place.Length));

    /// <summary>Puts every form elsewhere.</summary>
    /// <param name="tensor">The tensor; it is changed.</param>
    /// <param name="move">From a form's offset and length to its new offset.</param>
    public static void Move(TensorProto tensor, Func<long, long, long> move)
    {
        if (Entry(tensor, "offset") is { } offset && Entry(tensor, "length") is { } length) offset.Value = Text(move(Number(offset.Value), Number(length.Value)));
        foreach (StringStringEntryProto entry in tensor.ExternalData.Where(IsRearranged))
        {
            string[] parts = entry.Value.Split('|');
            for (int i = 1; i < parts.Length; i++)
            {
                if (parts[i].Split(';') is not [var from, var size, .. var rest]) continue;
                parts[i] = string.Join(';', [Text(move(Number(from), Number(size))), size, .. rest]);
            }
            entry.Value = string.Join('|', parts);
        }
    }

    private static IEnumerable<string> Kernels(TensorProto tensor) => tensor.ExternalData.Where(IsRearranged).Select(entry => $"{entry.Key} {entry.Value.Split('|')[0]}");

    private static bool IsRearranged(StringStringEntryProto entry) => entry.Key.StartsWith(Rearranged, StringComparison.Ordinal);

    private static StringStringEntryProto? Entry(TensorProto tensor, string key) => tensor.ExternalData.FirstOrDefault(entry => entry.Key == key);

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
