using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Core.Tensors;

/// <summary>What a .npy file says about its data.</summary>
internal sealed record NpyHeader(ElementType Type, bool BigEndian, bool Fortran, long[] Shape)
{
    private const int Alignment = 64;
    private const int LongestHeader = 65535;
    private const int MostDimensions = 64;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads magic, version and header.</summary>
    /// <exception cref="InvalidFileException">They are damaged, or the data are of a kind that is refused.</exception>
    public static NpyHeader Read(ByteSource source)
    {
        ReadOnlySpan<byte> start = source.Take(8, "the magic and the version").Span;
        if (start.StartsWith("PK"u8)) throw source.Invalid("is a zip archive (.npz); unpack it and use one of the .npy files");
        if (!start.StartsWith(Magic)) throw source.Invalid("is no .npy file");

        byte version = start[6];
        if (version is < 1 or > 3 || start[7] != 0) throw source.Invalid($"has .npy version {version}.{start[7]}; 1.0, 2.0 and 3.0 are known");

        uint length = version == 1
            ? BinaryPrimitives.ReadUInt16LittleEndian(source.Take(sizeof(ushort), "the header's length").Span)
            : BinaryPrimitives.ReadUInt32LittleEndian(source.Take(sizeof(uint), "the header's length").Span);
        if (length > LongestHeader) throw source.Invalid($"its header claims {length} bytes; at most {LongestHeader} are read");

        // Version 3 allows UTF-8, but only in the field names of records, which are refused.
        string text = Encoding.Latin1.GetString(source.Take(length, "the header").Span);
        try
        {
            return Interpret(PythonLiteral.ParseDictionary(text));
        }
        catch (FormatException error)
        {
            throw source.Invalid($"its header is not valid: {error.Message}", error);
        }
    }

    /// <summary>Magic, version 1 and header of a tensor, padded so that the data are aligned.</summary>
    /// <exception cref="ArgumentException">NumPy has no such type, or no such number of dimensions.</exception>
    public static byte[] Format(StoredTensor tensor)
    {
        if (tensor.Shape.Length > MostDimensions) throw new ArgumentException($".npy allows at most {MostDimensions} dimensions.", nameof(tensor));
        string shape = string.Join(", ", tensor.Shape.Select(dimension => dimension.ToString(CultureInfo.InvariantCulture)));
        string comma = tensor.Shape.Length == 1 ? "," : "";
        string text = $"{{'descr': '{DescriptionOf(tensor.Type)}', 'fortran_order': False, 'shape': ({shape}{comma}), }}";

        int start = Magic.Length + 4;
        int length = start + text.Length + 1;
        length += (Alignment - length % Alignment) % Alignment;
        byte[] header = new byte[length];
        header.AsSpan().Fill((byte)' ');
        Magic.CopyTo(header);
        (header[6], header[7]) = (1, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)(length - start));
        Encoding.ASCII.GetBytes(text, header.AsSpan(start));
        header[^1] = (byte)'\n';
        return header;
    }

    private static NpyHeader Interpret(Dictionary<string, object> fields)
    {
        string? unknown = fields.Keys.FirstOrDefault(key => key is not ("descr" or "fortran_order" or "shape"));
        if (unknown is not null) throw new FormatException($"it has the unknown key '{unknown}'");
        if (!fields.TryGetValue("descr", out object? description)) throw new FormatException("descr is missing");
        if (!fields.TryGetValue("fortran_order", out object? order) || order is not bool fortran)
            throw new FormatException("fortran_order must be True or False");
        if (!fields.TryGetValue("shape", out object? shape) || shape is not long[] dimensions) throw new FormatException("shape must be a tuple of whole numbers");
        if (dimensions.Length > MostDimensions) throw new FormatException($"the shape has more than {MostDimensions} dimensions");
        if (description is not string code) throw new FormatException("the data are records or nested; only plain numbers are read");

        return new NpyHeader(TypeOf(code), code[0] == '>', fortran, dimensions);
    }

    private static ElementType TypeOf(string code)
    {
        ElementType? type = code is not ['<' or '>' or '|', ..] ? null : code[1..] switch
        {
            "b1" => ElementType.Bool,
            "u1" => ElementType.U8,
            "i1" => ElementType.I8,
            "u2" => ElementType.U16,
            "i2" => ElementType.I16,
            "f2" => ElementType.F16,
            "u4" => ElementType.U32,
            "i4" => ElementType.I32,
            "f4" => ElementType.F32,
            "u8" => ElementType.U64,
            "i8" => ElementType.I64,
            "f8" => ElementType.F64,
            _ => null,
        };
        if (type is null || code[0] == '|' && type.Value.Size() > 1) throw new FormatException(Refusal(code));
        return type.Value;
    }

    private static string Refusal(string code) => code.TrimStart('<', '>', '|', '=') switch
    {
        ['O', ..] => "the data are pickled Python objects, which are never loaded; save numbers instead",
        ['c', ..] => $"the data are complex numbers ({code}); save real and imaginary part as two arrays",
        ['U' or 'S', ..] => $"the data are strings ({code}); only numbers are read",
        ['V', ..] => $"the data are records or raw bytes ({code}); only plain numbers are read",
        _ => $"the element type '{code}' is not known",
    };

    private static string DescriptionOf(ElementType type) => type switch
    {
        ElementType.Bool => "|b1",
        ElementType.U8 => "|u1",
        ElementType.I8 => "|i1",
        ElementType.U16 => "<u2",
        ElementType.I16 => "<i2",
        ElementType.F16 => "<f2",
        ElementType.U32 => "<u4",
        ElementType.I32 => "<i4",
        ElementType.F32 => "<f4",
        ElementType.U64 => "<u8",
        ElementType.I64 => "<i8",
        ElementType.F64 => "<f8",
        _ => throw new ArgumentException($".npy has no element type for {type}; convert the tensor to F32 first.", nameof(type)),
    };
}
