using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Additions;

namespace SafeDiffusion.Model.UNet;

/// <summary>
/// The buffers of a UNet's added inputs and outputs. They are float32 in every graph. Inputs are written row by row, whole each time, so
/// that nothing of what a row held before is left.
/// </summary>
internal sealed class AttentionBuffers : IDisposable
{
    private readonly OrtIoBinding _binding;
    private readonly UNetSignature _signature;
    private readonly int _rows;
    private readonly int _positions;
    private readonly int _tokens;
    private readonly int _textWidth;
    private readonly LatentShape _shape;
    private readonly FloatTensor? _guidelines;
    private readonly FloatTensor? _detectionScores;
    private readonly FloatTensor? _tokenScale;
    private FloatTensor? _inhibitorStates;
    private FloatTensor? _inhibitorScale;
    private FloatTensor? _inhibitorLayerScale;
    private FloatTensor? _inhibitorMask;
    private FloatTensor? _inhibitorResponse;

    public AttentionBuffers(OrtIoBinding binding, UNetSignature signature, ReadOnlyMemory<float> guidelines, int rows, LatentShape shape, int tokens, int textWidth)
    {
        _binding = binding;
        _signature = signature;
        _rows = rows;
        _shape = shape;
        _positions = shape.Height * shape.Width;
        _tokens = tokens;
        _textWidth = textWidth;
        if (signature.Features.HasFlag(AttentionFeatures.Detect))
        {
            int count = guidelines.Length / textWidth;
            _guidelines = new FloatTensor(TensorElementType.Float, count, textWidth);
            guidelines.Span.CopyTo(_guidelines.Values);
            binding.BindInput(AddedNames.GuidelineEmbeddings, _guidelines.OrtValue);
            _detectionScores = Output(AddedNames.DetectionScores, rows, count, shape.Height, shape.Width);
        }
        if (signature.Features.HasFlag(AttentionFeatures.Reweight))
        {
            _tokenScale = Input(AddedNames.TokenScale, rows, tokens);
            _tokenScale.Values.AsSpan().Fill(1);
        }
        if (signature.Features.HasFlag(AttentionFeatures.Inhibit)) MakeInhibitors(0);
    }

    /// <summary>How many inhibitors a row can have, the C of the added inputs.</summary>
    public int Inhibitors { get; private set; }

    /// <summary>Makes room for more inhibitors per row. All rows become neutral: they are to be written again.</summary>
    public void Grow(int inhibitors)
    {
        Require(AttentionFeatures.Inhibit);
        MakeInhibitors(inhibitors);
    }

    /// <summary>Binds again what rows may have written since the last call, which copies it to a device.</summary>
    public void CopyInputs()
    {
        if (_tokenScale is not null) _binding.BindInput(AddedNames.TokenScale, _tokenScale.OrtValue);
        if (_inhibitorStates is null) return;
        _binding.BindInput(AddedNames.InhibitorHiddenStates, _inhibitorStates.OrtValue);
        _binding.BindInput(AddedNames.InhibitorScale, _inhibitorScale!.OrtValue);
        _binding.BindInput(AddedNames.InhibitorLayerScale, _inhibitorLayerScale!.OrtValue);
        _binding.BindInput(AddedNames.InhibitorMask, _inhibitorMask!.OrtValue);
    }

    /// <summary>Writes all added inputs of a row.</summary>
    public void Write(int row, RowInputs inputs)
    {
        if (!inputs.TokenScales.IsEmpty) Require(AttentionFeatures.Reweight);
        if (!inputs.Inhibitors.IsEmpty) Require(AttentionFeatures.Inhibit);
        RequireWhole(inputs);
        if (_tokenScale is not null)
        {
            Span<float> scales = _tokenScale.Values.AsSpan(row * _tokens, _tokens);
            if (inputs.TokenScales.IsEmpty) scales.Fill(1);
            else inputs.TokenScales.AsSpan().CopyTo(scales);
        }
        if (Inhibitors > 0) WriteInhibitors(row, inputs);
    }

    public ReadOnlySpan<float> DetectionScores(int row)
    {
        Require(AttentionFeatures.Detect);
        int length = _detectionScores!.Values.Length / _rows;
        return _detectionScores.Values.AsSpan(row * length, length);
    }

    public ReadOnlySpan<float> InhibitorResponse(int layer, int row, int inhibitor)
    {
        Require(AttentionFeatures.Inhibit);
        return _inhibitorResponse!.Values.AsSpan(((layer * _rows + row) * Inhibitors + inhibitor) * _tokens, _tokens);
    }

    public void Dispose()
    {
        foreach (FloatTensor? tensor in new[] { _guidelines, _detectionScores, _tokenScale, _inhibitorStates, _inhibitorScale, _inhibitorLayerScale, _inhibitorMask, _inhibitorResponse }) tensor?.Dispose();
    }

    private void WriteInhibitors(int row, RowInputs inputs)
    {
        Span<float> states = _inhibitorStates!.Values.AsSpan(row * Inhibitors * _tokens * _textWidth, Inhibitors * _tokens * _textWidth);
        Span<float> scales = _inhibitorScale!.Values.AsSpan(row * Inhibitors * _tokens, Inhibitors * _tokens);
        int layers = _signature.InhibitedLayers;
        Span<float> layerScales = _inhibitorLayerScale!.Values.AsSpan(row * Inhibitors * layers, Inhibitors * layers);
        layerScales.Fill(1);
        Span<float> masks = _inhibitorMask!.Values.AsSpan(row * Inhibitors * _positions, Inhibitors * _positions);
        masks.Fill(1);
        for (int i = 0; i < inputs.Inhibitors.Length; i++)
        {
            inputs.Inhibitors[i].LayerScales.AsSpan().CopyTo(layerScales[(i * layers)..]);
            inputs.Inhibitors[i].Mask.AsSpan().CopyTo(masks[(i * _positions)..]);
            inputs.Inhibitors[i].Concept.Values.CopyTo(states[(i * _tokens * _textWidth)..]);
            inputs.Inhibitors[i].Weights.AsSpan().CopyTo(scales[(i * _tokens)..]);
        }
        states[(inputs.Inhibitors.Length * _tokens * _textWidth)..].Clear();
        scales[(inputs.Inhibitors.Length * _tokens)..].Clear();
    }

    private void MakeInhibitors(int inhibitors)
    {
        _inhibitorStates?.Dispose();
        _inhibitorScale?.Dispose();
        _inhibitorLayerScale?.Dispose();
        _inhibitorMask?.Dispose();
        _inhibitorResponse?.Dispose();
        Inhibitors = inhibitors;
        _inhibitorStates = Input(AddedNames.InhibitorHiddenStates, _rows, inhibitors, _tokens, _textWidth);
        _inhibitorScale = Input(AddedNames.InhibitorScale, _rows, inhibitors, _tokens);
        _inhibitorLayerScale = Input(AddedNames.InhibitorLayerScale, _rows, inhibitors, _signature.InhibitedLayers);
        _inhibitorLayerScale.Values.AsSpan().Fill(1);
        _inhibitorMask = Input(AddedNames.InhibitorMask, _rows, inhibitors, _shape.Height, _shape.Width);
        _inhibitorMask.Values.AsSpan().Fill(1);
        _inhibitorResponse = Output(AddedNames.InhibitorResponse, _signature.InhibitedLayers, _rows, inhibitors, _tokens);
    }

    /// <summary>Inputs that are too short would leave a part of what another row has written.</summary>
    private void RequireWhole(RowInputs inputs)
    {
        if (!inputs.TokenScales.IsEmpty && inputs.TokenScales.Length != _tokens) throw new InvalidOperationException($"A row has {inputs.TokenScales.Length} token scales; {_tokens} are needed.");
        foreach (Inhibitor inhibitor in inputs.Inhibitors)
        {
            if (!inhibitor.LayerScales.IsEmpty && inhibitor.LayerScales.Length != _signature.InhibitedLayers)
            {
                throw new InvalidOperationException($"An inhibitor has {inhibitor.LayerScales.Length} layer scales; {_signature.InhibitedLayers} are needed.");
            }
            if (!inhibitor.Mask.IsEmpty && inhibitor.Mask.Length != _positions) throw new InvalidOperationException($"An inhibitor has a mask of {inhibitor.Mask.Length} positions; {_positions} are needed.");
            if (inhibitor.Weights.Length == _tokens && inhibitor.Concept.Tokens == _tokens && inhibitor.Concept.Width == _textWidth) continue;
            throw new InvalidOperationException($"An inhibitor has {inhibitor.Weights.Length} weights and states [{inhibitor.Concept.Tokens}, {inhibitor.Concept.Width}]; {_tokens} weights and [{_tokens}, {_textWidth}] are needed.");
        }
    }

    private void Require(AttentionFeatures feature)
    {
        if (!_signature.Features.HasFlag(feature)) throw new InvalidOperationException($"The UNet is not instrumented for {feature}.");
    }

    private FloatTensor Input(string name, params long[] shape)
    {
        FloatTensor tensor = new(TensorElementType.Float, shape);
        _binding.BindInput(name, tensor.OrtValue);
        return tensor;
    }

    private FloatTensor Output(string name, params long[] shape)
    {
        FloatTensor tensor = new(TensorElementType.Float, shape);
        _binding.BindOutput(name, tensor.OrtValue);
        return tensor;
    }
}
