using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;

namespace SafeDiffusion.Model.Text;

/// <summary>The text encoder: turns a text into the states that the UNet attends to. Safe for several threads.</summary>
internal sealed class TextEncoder : IDisposable
{
    private readonly OnnxSession _session;
    private readonly string _input;
    private readonly string _output;
    private readonly TensorElementType _inputType;
    private readonly TensorElementType _outputType;
    private readonly int? _fixedBatch;

    public TextEncoder(OnnxSession session, ITextTokenizer tokenizer)
    {
        _session = session;
        Tokenizer = tokenizer;
        (_input, NodeMetadata input) = session.Input("input_ids");
        session.RequireNoOtherInputs(_input);
        (_output, NodeMetadata output) = session.Output("last_hidden_state");
        _inputType = input.ElementDataType;
        _outputType = FloatTensor.RequireFloat(output, _output, session.File);
        if (_inputType is not (TensorElementType.Int32 or TensorElementType.Int64))
        {
            throw new InvalidFileException(session.File, $"{_input} is of type {_inputType}; int32 or int64 is needed.");
        }
        if (output.Dimensions.Length != 3) throw new InvalidFileException(session.File, $"{_output} is not [batch, tokens, width].");
        RequireLength(input.Dimensions);
        _fixedBatch = FixedBatch.Of(session, _input);
        StatesWidth = output.Dimensions[2] > 0;
        Width = StatesWidth ? output.Dimensions[2] : MeasureWidth();
    }

    public ITextTokenizer Tokenizer { get; }

    /// <summary>Values per token, 768 for Stable Diffusion v1.</summary>
    public int Width { get; }

    /// <summary>Whether the graph states the width; otherwise it was measured on one text.</summary>
    public bool StatesWidth { get; }

    /// <summary>Encodes one text.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="InferenceException">The network failed or gave values that are not finite.</exception>
    public TextStates Encode(TokenizedText text, CancellationToken cancellationToken)
    {
        int rows = _fixedBatch ?? 1;
        using OrtValue ids = Ids(text.Ids, rows);
        using FloatTensor states = new(_outputType, rows, text.Ids.Length, Width);
        _session.RunOnce(_input, ids, _output, states, cancellationToken);
        _session.RequireFinite(states.Values);
        return new TextStates(text, rows == 1 ? states.Values : states.Values[..(text.Ids.Length * Width)], text.Ids.Length, Width);
    }

    public void Dispose() => _session.Dispose();

    /// <summary>The same text in every row: a batch of fixed size is filled with it.</summary>
    private OrtValue Ids(IEnumerable<int> text, int rows)
    {
        int[] ids = [.. Enumerable.Repeat(text, rows).SelectMany(row => row)];
        long[] shape = [rows, ids.Length / rows];
        return _inputType == TensorElementType.Int64
            ? OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(ids, id => (long)id), shape)
            : OrtValue.CreateTensorValueFromMemory(ids, shape);
    }

    /// <summary>Finds the width where all axes are open, by encoding the null text.</summary>
    private int MeasureWidth()
    {
        using OrtValue ids = Ids(Tokenizer.Encode("").Ids, _fixedBatch ?? 1);
        using RunOptions options = new();
        using OrtIoBinding binding = _session.CreateBinding();
        binding.BindInput(_input, ids);
        binding.BindOutputToDevice(_output, OrtMemoryInfo.DefaultInstance);
        _session.Run(options, binding, CancellationToken.None);
        using IDisposableReadOnlyCollection<OrtValue> outputs = binding.GetOutputValues();
        return (int)outputs[0].GetTensorTypeAndShape().Shape[^1];
    }

    private void RequireLength(int[] dimensions)
    {
        if (dimensions is [_, var length] && (length <= 0 || length == Tokenizer.MaxLength)) return;
        throw new InvalidFileException(
            _session.File, $"{_input} has the shape [{string.Join(", ", dimensions)}], but the tokenizer gives {Tokenizer.MaxLength} tokens.");
    }
}
