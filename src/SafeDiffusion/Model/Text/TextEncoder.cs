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
        if (output.Dimensions is not [_, _, > 0])
        {
            throw new InvalidFileException(session.File, $"{_output} is not [batch, tokens, width] with a fixed width.");
        }
        Width = output.Dimensions[2];
        RequireLength(input.Dimensions);
    }

    public ITextTokenizer Tokenizer { get; }

    /// <summary>Values per token, 768 for Stable Diffusion v1.</summary>
    public int Width { get; }

    /// <summary>Encodes one text.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="InferenceException">The network failed or gave values that are not finite.</exception>
    public TextStates Encode(TokenizedText text, CancellationToken cancellationToken)
    {
        long[] shape = [1, text.Ids.Length];
        using OrtValue ids = _inputType == TensorElementType.Int64
            ? OrtValue.CreateTensorValueFromMemory(text.Ids.Select(id => (long)id).ToArray(), shape)
            : OrtValue.CreateTensorValueFromMemory(text.Ids.ToArray(), shape);
        using FloatTensor states = new(_outputType, 1, text.Ids.Length, Width);
        _session.RunOnce(_input, ids, _output, states, cancellationToken);
        _session.RequireFinite(states.Values);
        return new TextStates(text, states.Values, text.Ids.Length, Width);
    }

    public void Dispose() => _session.Dispose();

    private void RequireLength(int[] dimensions)
    {
        if (dimensions is [_, var length] && (length <= 0 || length == Tokenizer.MaxLength)) return;
        throw new InvalidFileException(
            _session.File, $"{_input} has the shape [{string.Join(", ", dimensions)}], but the tokenizer gives {Tokenizer.MaxLength} tokens.");
    }
}
