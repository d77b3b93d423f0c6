using FsCheck;
using FsCheck.Fluent;
using SafeDiffusion.Core.Tensors;

namespace SafeDiffusion.Assets;

/// <summary>Generators of tensors and texts.</summary>
internal static class Generate
{
    /// <summary>Tensors of any type and up to four dimensions of 0 to 5.</summary>
    public static Gen<StoredTensor> Tensors { get; } = TensorsOf(Enum.GetValues<ElementType>());

    /// <summary>Texts of any valid Unicode, escapes and pairs included.</summary>
    public static Gen<string> Texts { get; } =
        Gen.ListOf(Gen.Elements("a", "Z", "0", " ", "\"", "\\", "/", "\n", "\t", "\0", "\u007f", "é", "ß", "猫", "\u2028", "😀", "<", "&", "'"))
            .Select(pieces => string.Concat(pieces));

    /// <summary>Tensors of some types.</summary>
    public static Gen<StoredTensor> TensorsOf(params ElementType[] types) =>
        from type in Gen.Elements(types)
        from rank in Gen.Choose(0, 4)
        from shape in Gen.ArrayOf(Gen.Choose(0, 5).Select(dimension => (long)dimension), rank)
        from seed in Gen.Choose(0, int.MaxValue)
        select Tensor(type, shape, seed);

    private static StoredTensor Tensor(ElementType type, long[] shape, int seed)
    {
        byte[] bytes = new byte[shape.Aggregate((long)type.Size(), (product, dimension) => product * dimension)];
        new Random(seed).NextBytes(bytes);
        return new StoredTensor(type, shape, bytes);
    }
}
