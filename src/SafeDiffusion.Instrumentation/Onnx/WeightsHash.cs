using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>
/// Identifies a base model by its weights alone: the SHA-256 over the sorted SHA-256s of all initializers of at least
/// <see cref="MinimumBytes"/> bytes. Node names, the order of weights, their placement in files, and the small constants
/// that graph editing adds do not change it.
/// </summary>
public static class WeightsHash
{
    /// <summary>Smaller initializers are shapes and scalars, not weights.</summary>
    public const int MinimumBytes = 1024;

    /// <summary>Computes the hash, in lower-case hexadecimal.</summary>
    /// <exception cref="InvalidFileException">External data cannot be read.</exception>
    public static string Compute(IEnumerable<OnnxModelFile> models)
    {
        List<byte[]> hashes = [.. models.SelectMany(Tensors)];
        hashes.Sort((left, right) => left.AsSpan().SequenceCompareTo(right));
        using IncrementalHash total = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[] hash in hashes) total.AppendData(hash);
        return Convert.ToHexStringLower(total.GetHashAndReset());
    }

    private static IEnumerable<byte[]> Tensors(OnnxModelFile model)
    {
        foreach (TensorProto tensor in model.Proto.Graph.Initializer)
        {
            if (tensor.RawData.Length >= MinimumBytes) yield return SHA256.HashData(tensor.RawData.Span);
            else if (tensor.FloatData.Count * sizeof(float) >= MinimumBytes) yield return SHA256.HashData(MemoryMarshal.AsBytes<float>(tensor.FloatData.ToArray()));
        }
        string folder = Path.GetDirectoryName(Path.GetFullPath(model.Path))!;
        foreach (ExternalPlace place in ExternalData.Places(model.Path, model.Proto).Where(place => place.Length >= MinimumBytes))
        {
            yield return HashExternal(place, folder);
        }
    }

    private static byte[] HashExternal(ExternalPlace place, string folder)
    {
        const int BufferBytes = 1 << 20;
        string file = Path.Combine(folder, place.Location);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using SafeFileHandle handle = File.OpenHandle(file);
            for (long done = 0; done < place.Length;)
            {
                int wanted = (int)Math.Min(buffer.Length, place.Length - done);
                int read = RandomAccess.Read(handle, buffer.AsSpan(0, wanted), place.Offset + done);
                if (read == 0) throw new InvalidFileException(file, $"ends inside tensor '{place.Tensor}'");
                hash.AppendData(buffer, 0, read);
                done += read;
            }
            return hash.GetHashAndReset();
        }
        catch (IOException error)
        {
            throw new InvalidFileException(file, $"cannot be read: {error.Message}", error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
