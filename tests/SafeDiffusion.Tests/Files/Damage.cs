using FsCheck;
using FsCheck.Fluent;

namespace SafeDiffusion.Files;

/// <summary>One edit of a file's bytes, at a position that is taken modulo the file's length.</summary>
internal sealed record Damage(DamageKind Kind, int Position, byte Value)
{
    /// <summary>One to four edits.</summary>
    public static Gen<Damage[]> Several { get; } =
        from count in Gen.Choose(1, 4)
        from edits in Gen.ArrayOf(
            from kind in Gen.Elements(Enum.GetValues<DamageKind>())
            from position in Gen.Choose(0, 1 << 20)
            from value in Gen.Choose(1, 255)
            select new Damage(kind, position, (byte)value),
            count)
        select edits;

    /// <summary>The bytes after all edits.</summary>
    public static byte[] Apply(IEnumerable<Damage> edits, ReadOnlySpan<byte> bytes)
    {
        List<byte> result = [.. bytes];
        foreach (Damage edit in edits) edit.Apply(result);
        return [.. result];
    }

    private void Apply(List<byte> bytes)
    {
        if (bytes.Count == 0) return;
        int position = Position % bytes.Count;
        switch (Kind)
        {
            case DamageKind.Flip: bytes[position] ^= Value; break;
            case DamageKind.Replace: bytes[position] = (byte)"0123456789{}[](),:'\"- "[Value % 22]; break;
            case DamageKind.Insert: bytes.Insert(position, Value); break;
            case DamageKind.Delete: bytes.RemoveAt(position); break;
            case DamageKind.Truncate: bytes.RemoveRange(position, bytes.Count - position); break;
        }
    }
}

/// <summary>The kinds of edit.</summary>
internal enum DamageKind
{
    Flip,
    Replace,
    Insert,
    Delete,
    Truncate,
}
