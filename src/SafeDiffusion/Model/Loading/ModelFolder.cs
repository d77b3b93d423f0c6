using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Model.Loading;

/// <summary>A model folder, in the diffusers layout or with its networks as flat files: where its parts are.</summary>
internal sealed class ModelFolder
{
    private const string SchedulerFile = "scheduler_config.json";
    private static readonly string[] _flatTokenizer = ["vocab.json", "tokenizer.json"];
    private readonly string _path;

    /// <exception cref="InvalidFileException">There is no such folder.</exception>
    public ModelFolder(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path)) throw new InvalidFileException(path, "is a file; give the model's folder, the one that holds unet/model.onnx.");
        if (!Directory.Exists(path)) throw new InvalidFileException(path, "there is no such folder; give the folder that holds unet/model.onnx.");
        _path = System.IO.Path.GetFullPath(path);
    }

    /// <summary>The folder's own name.</summary>
    public string Name => System.IO.Path.GetFileName(_path.TrimEnd(System.IO.Path.DirectorySeparatorChar));

    public string Path => _path;

    /// <summary>The tokenizer's folder: the model's own where the files lie flat.</summary>
    public string Tokenizer => Directory.Exists(Locate("tokenizer")) || !_flatTokenizer.Any(file => File.Exists(Locate(file))) ? Locate("tokenizer") : _path;

    public string SchedulerConfig => File.Exists(Locate(SchedulerFile)) && !File.Exists(Locate("scheduler", SchedulerFile)) ? Locate(SchedulerFile) : Locate("scheduler", SchedulerFile);

    /// <summary>Whether a network is there.</summary>
    public bool Has(string network) => ModelFiles.Find(_path, network) is not null;

    /// <summary>Reads a network's graph and checks where its weights are.</summary>
    /// <exception cref="InvalidFileException">The network is missing or damaged, or its weights lie outside the model's folder.</exception>
    public OnnxModelFile LoadNetwork(string network)
    {
        if (ModelFiles.Find(_path, network) is { } file) return OnnxModelFile.Load(file);
        throw new InvalidFileException(
            Locate(network, "model.onnx"), $"is missing. A model folder holds text_encoder, unet and vae_decoder, each with model.onnx, or text_encoder.onnx, unet.onnx and vae_decoder.onnx; {Hint()}");
    }

    /// <summary>Reads a network's <c>config.json</c>; empty where there is none.</summary>
    /// <exception cref="InvalidFileException">The file is damaged.</exception>
    public NetworkConfig LoadConfig(string network) => NetworkConfig.Load(Locate(network, "config.json"));

    private string Locate(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([_path, .. parts]);

    private string Hint() => Directory.EnumerateFiles(_path, "*.safetensors", SearchOption.AllDirectories).Any()
        ? "this looks like a PyTorch model: export it to ONNX first (docs/models.md)."
        : "docs/models.md tells how to export one.";
}
