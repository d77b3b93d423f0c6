using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Networks;

/// <summary>
/// A folder of networks as ONNX Runtime has optimised them, weights rearranged for this processor. They are mapped, not read: loading is several
/// times faster, and the weights' memory can be given back to the system and shared by processes.
/// </summary>
internal sealed class OptimizedModelCache(string folder)
{
    private const string GraphFile = "model.onnx";
    private const string WeightsFile = "weights.bin";

    /// <summary>Loads a network from the folder; where it is not there, loads it as always and writes it down.</summary>
    /// <param name="model">The network.</param>
    /// <param name="options">Its session's options; they are changed.</param>
    /// <param name="load">Loads it as always.</param>
    /// <exception cref="InvalidFileException">The folder cannot be written to, or what it holds cannot be loaded.</exception>
    public InferenceSession Load(OnnxModelFile model, SessionOptions options, Func<InferenceSession> load)
    {
        string target = Path.Combine(Path.GetFullPath(folder), Key(model));
        if (!Directory.Exists(target)) return Write(target, options, load);
        // It is optimised; doing so again would only take time.
        options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL;
        try
        {
            return new InferenceSession(Path.Combine(target, GraphFile), options);
        }
        catch (OnnxRuntimeException error)
        {
            throw new InvalidFileException(target, $"cannot be loaded; delete it, and it is made anew: {error.Message}", error);
        }
    }

    private InferenceSession Write(string target, SessionOptions options, Func<InferenceSession> load)
    {
        string temporary = $"{target}.{Environment.ProcessId}-{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(temporary);
            options.OptimizedModelFilePath = Path.Combine(temporary, GraphFile);
            options.AddSessionConfigEntry("session.optimized_model_external_initializers_file_name", WeightsFile);
            options.AddSessionConfigEntry("session.optimized_model_external_initializers_min_size_in_bytes", "1024");
            options.AddSessionConfigEntry("session.save_external_prepacked_constant_initializers", "1");
            InferenceSession session = load();
            RepeatedConstants.RemoveFrom(options.OptimizedModelFilePath);
            // Another process may have been faster.
            if (!Directory.Exists(target)) Directory.Move(temporary, target);
            return session;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(folder, $"cannot be written: {error.Message}", error);
        }
        finally
        {
            if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
        }
    }

    /// <summary>Everything that what is written down depends on. Weights are told apart by length and time: reading them would take as long as loading.</summary>
    private static string Key(OnnxModelFile model)
    {
        StringBuilder identity = new();
        identity.Append(Convert.ToHexString(SHA256.HashData(model.ToBytes()))).Append('\n');
        foreach (string file in model.ExternalDataPaths.Order(StringComparer.Ordinal))
        {
            FileInfo weights = new(file);
            identity.Append(CultureInfo.InvariantCulture, $"{weights.FullName} {weights.Length} {weights.LastWriteTimeUtc.Ticks}\n");
        }
        identity.Append(CultureInfo.InvariantCulture, $"{OrtEnv.Instance().GetVersionString()}\n{RuntimeInformation.RuntimeIdentifier}\n{Processor()}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity.ToString())))[..32];
    }

    /// <summary>The rearranged weights suit the instructions of one processor; on another they would give wrong results.</summary>
    private static string Processor()
    {
        if (!X86Base.IsSupported) return Environment.MachineName;
        (int family, _, int features, _) = X86Base.CpuId(1, 0);
        (int _, int extended, int more, int further) = X86Base.CpuId(7, 0);
        (int evenMore, _, _, _) = X86Base.CpuId(7, 1);
        return string.Create(CultureInfo.InvariantCulture, $"{family:x} {features & ~(1 << 27):x} {extended:x} {more & ~(1 << 4):x} {further:x} {evenMore:x}");
    }
}
