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
/// times faster, and the weights' memory can be given back to the system and shared, by pipelines of one process as by processes. Networks of
/// one structure lie side by side, and what they have in common to the bit lies there once.
/// </summary>
internal sealed class OptimizedModelCache(string folder)
{
    /// <summary>One at a time, so that pipelines that are loaded at once find each other's weights, and memory is taken by one of them.</summary>
    private static readonly Lock _writing = new();

    /// <summary>Loads a network from the folder; what is not there is written down first.</summary>
    /// <param name="model">The network.</param>
    /// <param name="options">Makes its session's options.</param>
    /// <param name="load">Loads it as always, with options.</param>
    /// <exception cref="InvalidFileException">The folder cannot be written to, or what it holds cannot be loaded.</exception>
    public InferenceSession Load(OnnxModelFile model, Func<SessionOptions> options, Func<SessionOptions, InferenceSession> load)
    {
        string target = Path.Combine(Path.GetFullPath(folder), Name($"{SharedWeights.Structure(model)}\n{Machine()}"));
        string graph = Path.Combine(target, $"{Key(model)}.onnx");
        if (!File.Exists(graph)) Write(graph, options, load);
        using SessionOptions asItIs = options();
        // It is optimised; doing so again would only take time.
        asItIs.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL;
        try
        {
            return new InferenceSession(graph, asItIs);
        }
        catch (OnnxRuntimeException error)
        {
            throw new InvalidFileException(target, $"cannot be loaded; delete it, and it is made anew: {error.Message}", error);
        }
    }

    private void Write(string graph, Func<SessionOptions> options, Func<SessionOptions, InferenceSession> load)
    {
        string target = Path.GetDirectoryName(graph)!, unique = $"{Environment.ProcessId}-{Guid.NewGuid():N}";
        string temporary = Path.Combine(target, $"{unique}.tmp");
        lock (_writing)
        {
            try
            {
                if (File.Exists(graph)) return;
                Directory.CreateDirectory(temporary);
                // The name is never used again: no graph can come to refer to another's weights.
                string written = Path.Combine(temporary, Path.GetFileName(graph)), weights = $"{unique}.bin";
                using (SessionOptions saving = options())
                {
                    saving.OptimizedModelFilePath = written;
                    saving.AddSessionConfigEntry("session.optimized_model_external_initializers_file_name", weights);
                    saving.AddSessionConfigEntry("session.optimized_model_external_initializers_min_size_in_bytes", "1024");
                    saving.AddSessionConfigEntry("session.save_external_prepacked_constant_initializers", "1");
                    load(saving).Dispose();
                }
                RepeatedConstants.RemoveFrom(written);
                SharedWeights.Share(written, target);
                if (File.Exists(Path.Combine(temporary, weights))) File.Move(Path.Combine(temporary, weights), Path.Combine(target, weights));
                Publish(written, graph, Path.Combine(target, weights));
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
    }

    /// <summary>Another process may have been faster.</summary>
    private static void Publish(string written, string graph, string weights)
    {
        try
        {
            File.Move(written, graph);
        }
        catch (IOException) when (File.Exists(graph))
        {
            File.Delete(weights);
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
        return Name(identity.Append(Machine()).ToString());
    }

    private static string Machine() => $"{OrtEnv.Instance().GetVersionString()}\n{RuntimeInformation.RuntimeIdentifier}\n{Processor()}";

    private static string Name(string identity) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..32];

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
