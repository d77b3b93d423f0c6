using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Model.UNet;

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
    private readonly RowInputs?[] _rowInputs;
    private readonly UNetSignature _signature;
    private readonly ReadOnlyMemory<float> _guidelines;
    private FloatTensor? _states;
    private AttentionBuffers? _attention;
    private bool _statesChanged;

    public OnnxDenoiserBatch(OnnxSession session, UNetSignature signature, int rows, LatentShape shape, ReadOnlyMemory<float> guidelines)
    {
        _session = session;
        _signature = signature;
        _shape = shape;
        _guidelines = guidelines;
        _capacity = signature.FixedRows ?? rows;
        Rows = rows;
        _rowInputs = new RowInputs?[rows];
        long[] sampleShape = [_capacity, shape.Channels, shape.Height, shape.Width];
        _sample = new FloatTensor(signature.SampleType, sampleShape);
        _output = new FloatTensor(signature.OutputType, sampleShape);
        _timestep = new TimestepTensor(signature, _capacity, session.File);
        _binding = session.CreateBinding();
        _binding.BindInput(signature.Sample, _sample.OrtValue);
        _binding.BindInput(signature.Timestep, _timestep.OrtValue);
        _binding.BindOutput(signature.Output, _output.OrtValue);
    }

    public int Rows { get; }

    public int InhibitedLayers => _signature.InhibitedLayers;

    public void SetInputs(int row, RowInputs inputs)
    {
        if (ReferenceEquals(_rowInputs[row], inputs)) return;
        _states ??= BindTextInputs(inputs.Text);
        if (!ReferenceEquals(_rowInputs[row]?.Text, inputs.Text))
        {
            inputs.Text.Values.CopyTo(_states.Values.AsSpan(row * inputs.Text.Values.Length));
            _statesChanged = true;
        }
        _rowInputs[row] = inputs;
        if (_attention is not null) WriteAttention(row, inputs);
        else if (!inputs.TokenScales.IsEmpty || !inputs.Inhibitors.IsEmpty) throw new InvalidOperationException("The UNet is not instrumented, and a row edits its attention.");
    }

    public Span<float> Latents(int row) => _sample.Values.AsSpan(row * _shape.Length, _shape.Length);

    public ReadOnlySpan<float> Prediction(int row) => _output.Values.AsSpan(row * _shape.Length, _shape.Length);

    public ReadOnlySpan<float> DetectionScores(int row) => Attention.DetectionScores(row);

    public ReadOnlySpan<float> InhibitorResponse(int layer, int row, int inhibitor) => Attention.InhibitorResponse(layer, row, inhibitor);

    public void Evaluate(int timestep, CancellationToken cancellationToken)
    {
        _timestep.Set(timestep);
        _sample.BeforeRun();
        if (_statesChanged) _states!.BeforeRun();
        if (_session.Provider != ExecutionProvider.Cpu) CopyInputs();
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
    private void CopyInputs()
    {
        _binding.BindInput(_signature.Sample, _sample.OrtValue);
        _binding.BindInput(_signature.Timestep, _timestep.OrtValue);
        if (_statesChanged) _binding.BindInput(_signature.TextStates, _states!.OrtValue);
        _attention?.CopyInputs();
    }

    private AttentionBuffers Attention => _attention ?? throw new InvalidOperationException("The UNet is not instrumented, or no row has been set.");

    private void WriteAttention(int row, RowInputs inputs)
    {
        if (inputs.Inhibitors.Length <= Attention.Inhibitors)
        {
            Attention.Write(row, inputs);
            return;
        }
        Attention.Grow(inputs.Inhibitors.Length);
        for (int i = 0; i < _rowInputs.Length; i++)
        {
            if (_rowInputs[i] is { } others) Attention.Write(i, others);
        }
    }

    /// <summary>The number of tokens and the text width are known with the first text.</summary>
    private FloatTensor BindTextInputs(TextStates text)
    {
        FloatTensor states = new(_signature.TextStatesType, _capacity, text.Tokens, text.Width);
        _binding.BindInput(_signature.TextStates, states.OrtValue);
        if (_signature.Features != AttentionFeatures.None)
        {
            _attention = new AttentionBuffers(_binding, _signature, _guidelines, _capacity, _shape, text.Tokens, text.Width);
        }
        return states;
    }
}
