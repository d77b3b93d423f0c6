using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Training.Recording;

/// <summary>
/// Features of pictures at timesteps, <c>[D, H, W]</c> each in float32, in one file of a temporary folder that is gone afterwards. Of
/// <see cref="FeaturePlan"/>'s size, never more.
/// </summary>
internal sealed class FeatureCache : IDisposable
{
    private readonly SafeFileHandle _file;

    public FeatureCache(FeaturePlan plan)
    {
        Plan = plan;
        string path = Path.Combine(Path.GetTempPath(), $"safediffusion-features-{Guid.NewGuid():N}");
        try
        {
            _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be written: {error.Message} The environment's TMPDIR or TEMP says where temporary files go.", error);
        }
    }

    public FeaturePlan Plan { get; }

    /// <summary>Keeps a picture's features at a step of the sampling run; steps that the plan leaves out are ignored.</summary>
    /// <exception cref="InvalidFileException">The drive is full.</exception>
    public void Write(int picture, int step, ReadOnlySpan<float> features)
    {
        int place = Plan.Steps.IndexOf(step);
        if (place < 0) return;
        try
        {
            RandomAccess.Write(_file, MemoryMarshal.AsBytes(features), Offset(picture, place));
        }
        catch (IOException error)
        {
            throw new InvalidFileException(Path.GetTempPath(), $"takes no more features: {error.Message} Lower the cache limit, or let TMPDIR or TEMP name a larger drive.", error);
        }
    }

    /// <summary>Reads a picture's features at a kept step.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="place">The place in the plan's steps.</param>
    /// <param name="features">Takes <c>[D, H, W]</c>.</param>
    public void Read(int picture, int place, Span<float> features)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(features);
        long offset = Offset(picture, place);
        while (!bytes.IsEmpty)
        {
            int read = RandomAccess.Read(_file, bytes, offset);
            if (read == 0) throw new InvalidOperationException($"Picture {picture} has no features at place {place}.");
            bytes = bytes[read..];
            offset += read;
        }
    }

    public void Dispose() => _file.Dispose();

    private long Offset(int picture, int place) => (((long)picture * Plan.Steps.Length) + place) * Plan.BlockBytes;
}
