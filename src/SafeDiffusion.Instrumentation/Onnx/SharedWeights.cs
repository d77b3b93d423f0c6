using System.Security.Cryptography;
using Google.Protobuf;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>Models that ONNX Runtime has saved side by side, and that keep what they have in common once: whoever maps them holds it once in memory, too.</summary>
public static class SharedWeights
{
    /// <summary>What mapped data begin at a multiple of, on Linux.</summary>
    private const int Alignment = 4096;
    private const string Compacted = ".compact";

    /// <summary>The SHA-256 of a graph without the elements of its initializers: models that may have weights in common have the same.</summary>
    public static string Structure(OnnxModelFile model)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelProto bare = model.Proto.Clone();
        foreach (TensorProto tensor in bare.Graph.Initializer) TensorContents.Clear(tensor);
        return Convert.ToHexStringLower(SHA256.HashData(bare.ToByteArray()));
    }

    /// <summary>Takes every tensor out of a model's weights that a model in a folder holds to the bit, and refers to that one's instead.</summary>
    /// <param name="file">The model's file; its weights lie beside it, and what is left of them afterwards.</param>
    /// <param name="folder">The folder that the model and its weights are to be moved to, with the other models in it.</param>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static void Share(string file, string folder)
    {
        ILookup<string, TensorProto> others = Directory.EnumerateFiles(folder, "*.onnx").Order(StringComparer.Ordinal).SelectMany(External).ToLookup(tensor => tensor.Name);
        if (others.Count == 0) return;
        string own = Path.GetDirectoryName(file)!;
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(file));
        TensorProto[] tensors = [.. TensorWalk.Tensors(model).Where(tensor => tensor.DataLocation == TensorProto.Types.DataLocation.External)];
        string[] weights = [.. tensors.Select(StoredForms.Location).Distinct()];
        List<TensorProto> kept = [];
        using (StoredFiles files = new())
        {
            foreach (TensorProto tensor in tensors)
            {
                TensorProto? same = others[tensor.Name].FirstOrDefault(other => StoredForms.AreAlike(tensor, other) && files.AreEqual(own, tensor, folder, other));
                if (same is null) kept.Add(tensor);
                else Refer(tensor, same);
            }
            if (kept.Count == tensors.Length) return;
            foreach (string name in weights) Compact(Path.Combine(own, name), [.. kept.Where(tensor => StoredForms.Location(tensor) == name)], files);
        }
        foreach (string name in weights) Replace(Path.Combine(own, name));
        File.WriteAllBytes(file, model.ToByteArray());
    }

    private static void Refer(TensorProto tensor, TensorProto same)
    {
        tensor.ExternalData.Clear();
        tensor.ExternalData.Add(same.ExternalData);
    }

    /// <summary>The tensors of a model that lie in files beside it; none of one that cannot be read, which is no reason not to save another.</summary>
    private static IEnumerable<TensorProto> External(string file)
    {
        try
        {
            return [.. TensorWalk.Tensors(ModelProto.Parser.ParseFrom(File.ReadAllBytes(file)))
                .Where(tensor => tensor.DataLocation == TensorProto.Types.DataLocation.External && Path.GetFileName(StoredForms.Location(tensor)) == StoredForms.Location(tensor))];
        }
        catch (InvalidProtocolBufferException)
        {
            return [];
        }
    }

    private static void Compact(string weights, IReadOnlyList<TensorProto> kept, StoredFiles files)
    {
        using FileStream target = File.Create(weights + Compacted);
        foreach (TensorProto tensor in kept)
        {
            StoredForms.Move(tensor, (offset, length) =>
            {
                target.Position = (target.Position + Alignment - 1) / Alignment * Alignment;
                long start = target.Position;
                files.Copy(weights, offset, length, target);
                return start;
            });
        }
    }

    /// <summary>Puts what is left in the place of all; nothing, where nothing is.</summary>
    private static void Replace(string weights)
    {
        File.Move(weights + Compacted, weights, overwrite: true);
        if (new FileInfo(weights).Length == 0) File.Delete(weights);
    }
}
