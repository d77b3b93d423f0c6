using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Sessions;
using SafeDiffusion.TextEncoding;

namespace SafeDiffusion.Denoising;

/// <summary>
/// The buffers of one UNet call, made once. A graph with a fixed number of rows gets that many; those beyond the asked ones
/// are evaluated and ignored.
/// </summary>
internal sealed class OnnxDenoiserBatch : IDenoiserBatch
{
    private readonly OnnxSession _session;
    private readonly LatentShape _shape;
    private readonly int _capacity;
    private readonly FloatTensor _sample;
    private readonly FloatTensor _output;
    private readonly TimestepTensor _timestep;
    private readonly OrtIoBinding _binding;
    private readonly RunOptions _options = new();
    private readonly TextStates?[] _conditions;
    private readonly UNetSignature _signature;
    private readonly AttentionRequest _attentionRequest;
    private FloatTensor? _states;
    private AttentionBuffers? _attention;
    private bool _statesChanged;

    public OnnxDenoiserBatch(OnnxSession session, UNetSignature signature, int rows, LatentShape shape, AttentionRequest attention)
    {
        _session = session;
        _signature = signature;
        _shape = shape;
        _attentionRequest = attention;
        _capacity = signature.FixedRows ?? rows;
        Rows = rows;
        _conditions = new TextStates?[rows];
        long[] sampleShape = [_capacity, shape.Channels, shape.Height, shape.Width];
        _sample = new FloatTensor(signature.SampleType, sampleShape);
        _output = new FloatTensor(signature.OutputType, sampleShape);
        _timestep = new TimestepTensor(signature, _capacity, session.File);
        _binding = session.CreateBinding();
        _binding.BindOutput(signature.Output, _output.OrtValue);
    }

    public int Rows { get; }

    public IAttentionBatch? Attention => _attention;

    public void SetCondition(int row, TextStates condition)
    {
        if (ReferenceEquals(_conditions[row], condition)) return;
        _states ??= BindTextInputs(condition);
        condition.Values.CopyTo(_states.Values.AsSpan(row * condition.Values.Length));
        _conditions[row] = condition;
        _statesChanged = true;
    }

    public Span<float> Latents(int row) => _sample.Values.AsSpan(row * _shape.Length, _shape.Length);

    public ReadOnlySpan<float> Prediction(int row) => _output.Values.AsSpan(row * _shape.Length, _shape.Length);

    public void Evaluate(int timestep, CancellationToken cancellationToken)
    {
        _timestep.Set(timestep);
        _sample.BeforeRun();
        if (_statesChanged) _states!.BeforeRun();
        BindInputs();
        _statesChanged = false;
        _session.Run(_options, _binding, cancellationToken);
        _output.AfterRun();
    }

    public void Dispose()
    {
        _binding.Dispose();
        _options.Dispose();
        _sample.Dispose();
        _output.Dispose();
        _timestep.Dispose();
        _states?.Dispose();
        _attention?.Dispose();
    }

    /// <summary>
    /// Binding an input of a network on a device is what copies it there; a buffer that was written since has to be bound again. Text states
    /// stay on the device until they change.
    /// </summary>
    private void BindInputs()
    {
        _binding.BindInput(_signature.Sample, _sample.OrtValue);
        _binding.BindInput(_signature.Timestep, _timestep.OrtValue);
        if (_statesChanged) _binding.BindInput(_signature.TextStates, _states!.OrtValue);
        _attention?.BindInputs();
    }

    /// <summary>The number of tokens and the text width are known with the first text.</summary>
    private FloatTensor BindTextInputs(TextStates condition)
    {
        FloatTensor states = new(_signature.TextStatesType, _capacity, condition.Tokens, condition.Width);
        if (_signature.Features != AttentionFeatures.None)
        {
            _attention = new AttentionBuffers(_binding, _signature, _attentionRequest, _capacity, _shape, condition.Tokens, condition.Width);
        }
        return states;
    }
}
