using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FullSizeModel;

/// <summary>Writes a file of seeded random weights, in pieces, on all cores.</summary>
internal static class WeightFile
{
    private const long PieceBytes = 8L << 20;

    public static void Write(string path, WeightList list, string seedName)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, list.Bytes);
        RandomAccess.SetLength(file, list.Bytes);
        Parallel.ForEach(list.Tensors.SelectMany(Pieces), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            () => new float[PieceBytes / sizeof(float)],
            (piece, _, buffer) =>
            {
                Span<float> values = buffer.AsSpan(0, (int)(piece.Length / sizeof(float)));
                (float mean, float deviation) = piece.Tensor.Distribution();
                if (deviation == 0) values.Fill(mean);
                else NormalNumbers.Fill(values, NormalNumbers.Seed($"{seedName}/{piece.Tensor.Name}", piece.Start), mean, deviation);
                RandomAccess.Write(file, MemoryMarshal.AsBytes(values), piece.Tensor.Offset + piece.Start);
                return buffer;
            },
            _ => { });
    }

    private static IEnumerable<Piece> Pieces(WeightTensor tensor)
    {
        for (long start = 0; start < tensor.Length; start += PieceBytes)
            yield return new Piece(tensor, start, Math.Min(PieceBytes, tensor.Length - start));
    }

    private readonly record struct Piece(WeightTensor Tensor, long Start, long Length);
}
