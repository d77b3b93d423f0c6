using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Embedding;

/// <summary>CLIP's text network: a text to its projected embedding.</summary>
internal sealed class ClipTextNetwork : IDisposable
{
    private const string Ids = "input_ids";
    private const string Mask = "attention_mask";
    private const int LargestTokenizerFile = 16 << 20;

    private static readonly string[] _tokenizerFiles = ["vocab.json", "merges.txt", "special_tokens_map.json", "tokenizer_config.json", "tokenizer.json", "added_tokens.json"];

    private readonly OnnxSession _session;
    private readonly ClipTokenizer _tokenizer;
    private readonly string _output;

    /// <exception cref="InvalidFileException">The file is missing, damaged, or its inputs or outputs are others.</exception>
    public ClipTextNetwork(string model, string output, ClipTokenizer tokenizer, ProviderSettings provider)
    {
        _tokenizer = tokenizer;
        _session = NetworkLoader.Load("clip text network", OnnxModelFile.Load(model), provider);
        try
        {
            (_output, NodeMetadata node) = _session.Output(output);
            bool isFloat = node.ElementDataType is TensorElementType.Float or TensorElementType.Float16;
            if (!isFloat) throw new InvalidFileException(model, $"{_output} is of type {node.ElementDataType}; float32 or float16 is needed.");
            if (node.Dimensions.Length != 2) throw new InvalidFileException(model, $"{_output} has {node.Dimensions.Length} axes; [B, D] is needed.");
            RequireTokens(_session.Input(Ids).Node, Ids);
            foreach ((string name, NodeMetadata input) in _session.Inputs)
            {
                if (name is not (Ids or Mask)) throw new InvalidFileException(model, $"has the input {name} too, which nothing would fill.");
                RequireTokens(input, name);
            }
        }
        catch
        {
            _session.Dispose();
            throw;
        }
    }

    /// <summary>The contents of a tokenizer's files.</summary>
    public static IEnumerable<string> TokenizerTexts(string folder) =>
        _tokenizerFiles.Select(name => Path.Combine(folder, name)).Where(File.Exists).Select(path => BoundedFile.ReadText(path, LargestTokenizerFile));

    /// <exception cref="InferenceException">The network failed.</exception>
    public float[] Embed(string text, CancellationToken cancellationToken)
    {
        TokenizedText tokens = _tokenizer.Encode(text);
        using RunOptions options = new();
        using OrtIoBinding binding = _session.CreateBinding();
        using OrtValue ids = Bind(Ids, tokens.Ids);
        using OrtValue? mask = _session.Inputs.ContainsKey(Mask) ? Bind(Mask, Enumerable.Range(0, tokens.Ids.Length).Select(i => i <= tokens.EndPosition ? 1 : 0)) : null;
        binding.BindOutputToDevice(_output, OrtMemoryInfo.DefaultInstance);
        _session.Run(options, binding, cancellationToken);
        using IDisposableReadOnlyCollection<OrtValue> values = binding.GetOutputValues();
        float[] embedding = OutputTensor.Read(values[0]).Values;
        _session.RequireFinite(embedding);
        return embedding;

        OrtValue Bind(string name, IEnumerable<int> numbers)
        {
            OrtValue value = Integers(numbers, _session.Inputs[name].ElementDataType);
            binding.BindInput(name, value);
            return value;
        }
    }

    public void Dispose() => _session.Dispose();

    private static OrtValue Integers(IEnumerable<int> numbers, TensorElementType type)
    {
        int[] values = [.. numbers];
        return type == TensorElementType.Int64
            ? OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(values, number => (long)number), [1, values.Length])
            : OrtValue.CreateTensorValueFromMemory(values, [1, values.Length]);
    }

    private void RequireTokens(NodeMetadata node, string name)
    {
        if (node.ElementDataType is not (TensorElementType.Int32 or TensorElementType.Int64))
            throw new InvalidFileException(_session.File, $"{name} is of type {node.ElementDataType}; int32 or int64 is needed.");
        if (node.Dimensions is [1 or < 0, var length] && (length < 0 || length == _tokenizer.MaxLength)) return;
        throw new InvalidFileException(_session.File, $"{name} has the shape [{string.Join(", ", node.Dimensions)}], but the tokenizer gives [1, {_tokenizer.MaxLength}].");
    }
}
