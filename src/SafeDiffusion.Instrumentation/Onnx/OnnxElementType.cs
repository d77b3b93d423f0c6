using System.Diagnostics.CodeAnalysis;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>The element type of an ONNX tensor; the numbers are those of the ONNX specification.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "These are the names of the types.")]
public enum OnnxElementType
{
    /// <summary>Not said by the model.</summary>
    Undefined = 0,

    /// <summary>32-bit floating point.</summary>
    Float32 = 1,

    /// <summary>Unsigned 8-bit integer.</summary>
    UInt8 = 2,

    /// <summary>Signed 8-bit integer.</summary>
    Int8 = 3,

    /// <summary>Unsigned 16-bit integer.</summary>
    UInt16 = 4,

    /// <summary>Signed 16-bit integer.</summary>
    Int16 = 5,

    /// <summary>Signed 32-bit integer.</summary>
    Int32 = 6,

    /// <summary>Signed 64-bit integer.</summary>
    Int64 = 7,

    /// <summary>Text.</summary>
    Text = 8,

    /// <summary>A truth value.</summary>
    Boolean = 9,

    /// <summary>16-bit floating point (IEEE 754).</summary>
    Float16 = 10,

    /// <summary>64-bit floating point.</summary>
    Float64 = 11,

    /// <summary>Unsigned 32-bit integer.</summary>
    UInt32 = 12,

    /// <summary>Unsigned 64-bit integer.</summary>
    UInt64 = 13,

    /// <summary>16-bit floating point with eight exponent bits.</summary>
    BFloat16 = 16,
}
