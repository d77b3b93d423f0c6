using System.Runtime.Intrinsics.X86;

namespace SafeDiffusion.Networks;

/// <summary>How this processor multiplies 8-bit whole numbers.</summary>
internal static class WholeNumberProducts
{
    private const int Features = 7;
    private const int Avx512Vnni = 1 << 11;
    private const int AvxVnni = 1 << 4;

    /// <summary>
    /// Whether ONNX Runtime's fastest kernels cut sums of products off at 16 bits here: x64 without VNNI. It has slower ones that do not
    /// (<c>session.x64quantprecision</c>).
    /// </summary>
    public static bool Saturate { get; } = X86Base.X64.IsSupported && !HasVnni;

    private static bool HasVnni => X86Base.CpuId(0, 0).Eax >= Features
        && ((X86Base.CpuId(Features, 0).Ecx & Avx512Vnni) != 0 || X86Base.CpuId(Features, 0).Eax >= 1 && (X86Base.CpuId(Features, 1).Eax & AvxVnni) != 0);
}
