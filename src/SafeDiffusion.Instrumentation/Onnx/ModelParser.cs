using System.Text;
using Google.Protobuf;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>Reads the protobuf of a model file; damage of every sort ends in an <see cref="InvalidFileException"/>.</summary>
internal static class ModelParser
{
    private const int HeadBytes = 1024;
    private static readonly byte[] _lfsPointer = Encoding.ASCII.GetBytes("version https://git-lfs.github.com/spec/");

    public static ModelProto Read(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            CheckStart(path, stream);
            return Checked(path, Parse(path, stream));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidFileException(path, "there is no such file", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {error.Message}", error);
        }
    }

    public static ModelProto Read(string path, ReadOnlySpan<byte> bytes)
    {
        using MemoryStream stream = new(bytes.ToArray(), writable: false);
        CheckStart(path, stream);
        return Checked(path, Parse(path, stream));
    }

    private static void CheckStart(string path, Stream stream)
    {
        if (stream.Length == 0)
            throw new InvalidFileException(path, "is empty (0 bytes); copy or download it again");
        if (stream.Length > int.MaxValue)
            throw new InvalidFileException(path, "is larger than 2 GB: an ONNX file of that size must keep its weights in external data");
        byte[] head = new byte[Math.Min(HeadBytes, stream.Length)];
        stream.ReadExactly(head);
        stream.Position = 0;
        if (head.AsSpan().StartsWith(_lfsPointer))
            throw new InvalidFileException(path, "is a git-lfs pointer, not the model itself; fetch the file with 'git lfs pull'");
        if (!ModelOutline.LooksLikeAModel(head, stream.Length))
            throw new InvalidFileException(path, "is not an ONNX model");
    }

    private static ModelProto Parse(string path, Stream stream)
    {
        try
        {
            return ModelProto.Parser.ParseFrom(stream);
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or InvalidOperationException or ArgumentException or OutOfMemoryException)
        {
            throw new InvalidFileException(path, "is damaged or incomplete: its content ends or breaks off inside a field; copy or download it again");
        }
    }

    private static ModelProto Checked(string path, ModelProto model)
    {
        if (model.Graph is null || model.Graph.Node.Count == 0 && model.Graph.Output.Count == 0)
            throw new InvalidFileException(path, "is not an ONNX model: it holds no graph");
        if (model.OpsetImport.Count == 0)
            throw new InvalidFileException(path, "is not a complete ONNX model: it imports no operator set");
        return model;
    }
}
