namespace SafeDiffusion.Core.Tensors;

/// <summary>What a stored tensor's elements are. In the order in which safetensors lays tensors out, last first, so that each is aligned.</summary>
public enum ElementType
{
    /// <summary>True or false, one byte; everything but 0 is true.</summary>
    Bool,
    /// <summary>Unsigned integer of 8 bits.</summary>
    U8,
    /// <summary>Signed integer of 8 bits.</summary>
    I8,
    /// <summary>Floating point of 8 bits: 5 of exponent, 2 of mantissa. Kept as bytes; not converted.</summary>
    F8E5M2,
    /// <summary>Floating point of 8 bits: 4 of exponent, 3 of mantissa, no infinities. Kept as bytes; not converted.</summary>
    F8E4M3,
    /// <summary>A power of two in 8 bits. Kept as bytes; not converted.</summary>
    F8E8M0,
    /// <summary>Signed integer of 16 bits.</summary>
    I16,
    /// <summary>Unsigned integer of 16 bits.</summary>
    U16,
    /// <summary>IEEE 754 half precision.</summary>
    F16,
    /// <summary>The upper 16 bits of single precision ("brain" floating point).</summary>
    BF16,
    /// <summary>Signed integer of 32 bits.</summary>
    I32,
    /// <summary>Unsigned integer of 32 bits.</summary>
    U32,
    /// <summary>IEEE 754 single precision.</summary>
    F32,
    /// <summary>Two single-precision numbers, real and imaginary. Kept as bytes; not converted.</summary>
    C64,
    /// <summary>IEEE 754 double precision.</summary>
    F64,
    /// <summary>Signed integer of 64 bits.</summary>
    I64,
    /// <summary>Unsigned integer of 64 bits.</summary>
    U64,
}

/// <summary>Sizes and safetensors names of the element types.</summary>
internal static class ElementTypes
{
    private static readonly Dictionary<string, ElementType> _byName = Enum.GetValues<ElementType>().ToDictionary(SafeTensorsName);

    /// <summary>Bytes of one element.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.Bool or ElementType.U8 or ElementType.I8 => 1,
        ElementType.F8E5M2 or ElementType.F8E4M3 or ElementType.F8E8M0 => 1,
        ElementType.I16 or ElementType.U16 or ElementType.F16 or ElementType.BF16 => 2,
        ElementType.I32 or ElementType.U32 or ElementType.F32 => 4,
        ElementType.C64 or ElementType.F64 or ElementType.I64 or ElementType.U64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "is no element type"),
    };

    /// <summary>The name in a safetensors header, such as "BF16".</summary>
    public static string SafeTensorsName(this ElementType type) => type switch
    {
        ElementType.Bool => "BOOL",
        ElementType.F8E5M2 => "F8_E5M2",
        ElementType.F8E4M3 => "F8_E4M3",
        ElementType.F8E8M0 => "F8_E8M0",
        _ => type.ToString(),
    };

    /// <summary>The type of a name in a safetensors header, or null where there is none.</summary>
    public static ElementType? FromSafeTensorsName(string name) => _byName.TryGetValue(name, out ElementType type) ? type : null;
}
