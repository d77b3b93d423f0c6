using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.FineTuning.Optimizing;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Training;

/// <summary>A run's state after an update: parameters and moments, in a file that is written whole or not at all.</summary>
internal static class Checkpoint
{
    private const string StepKey = "updates";
    private const string RunKey = "run";

    /// <summary>Writes the state.</summary>
    public static void Save(string path, AdamW optimizer, string identity)
    {
        Dictionary<string, StoredTensor> tensors = [];
        foreach ((string name, Tensor parameter, Tensor mean, Tensor square) in optimizer.States)
        {
            tensors[$"parameter/{name}"] = ToStored(parameter);
            tensors[$"mean/{name}"] = ToStored(mean);
            tensors[$"square/{name}"] = ToStored(square);
        }
        new SafeTensorsFile(tensors, new Dictionary<string, string>
        {
            [StepKey] = optimizer.Steps.ToString(CultureInfo.InvariantCulture),
            [RunKey] = Hash(identity),
        }).Save(path);
    }

    /// <summary>Puts a file's state back; nothing where there is no file.</summary>
    /// <exception cref="InvalidFileException">The file is damaged, or another run's.</exception>
    public static void Resume(string path, AdamW optimizer, string identity)
    {
        if (!File.Exists(path)) return;
        SafeTensorsFile file = SafeTensorsFile.Load(path);
        if (!file.Metadata.TryGetValue(RunKey, out string? run) || run != Hash(identity))
            throw new InvalidFileException(path, "is the checkpoint of another run: the model, the prompts or a setting differ. Delete it, or name another file");
        if (!int.TryParse(file.Metadata.GetValueOrDefault(StepKey), NumberStyles.None, CultureInfo.InvariantCulture, out int steps))
            throw new InvalidFileException(path, "does not say how many updates it holds");
        using IDisposable tapeless = no_grad();
        foreach ((string name, Tensor parameter, Tensor mean, Tensor square) in optimizer.States)
        {
            Put(file, $"parameter/{name}", parameter);
            Put(file, $"mean/{name}", mean);
            Put(file, $"square/{name}", square);
        }
        optimizer.ResumeAt(steps);
    }

    /// <summary>A tensor's values in single precision.</summary>
    public static StoredTensor ToStored(Tensor tensor)
    {
        using Tensor values = tensor.detach().cpu().to(ScalarType.Float32).contiguous().clone();
        return StoredTensor.FromSingles(values.data<float>().ToArray(), values.shape);
    }

    private static void Put(SafeTensorsFile file, string name, Tensor target)
    {
        using Tensor values = tensor(file.Get(name, target.shape).ToSingles(), target.shape);
        target.copy_(values);
    }

    private static string Hash(string identity) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)));
}
