using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Sessions;

namespace SafeDiffusion.Denoising;

/// <summary>The buffers of a UNet's added inputs and outputs, made once. They are float32 in every graph.</summary>
internal sealed class AttentionBuffers : IAttentionBatch, IDisposable
{
    private readonly OrtIoBinding _binding;
    private readonly int _rows;
    private readonly List<FloatTensor> _tensors = [];
    private readonly List<(string Name, FloatTensor Tensor)> _rewritten = [];
    private readonly FloatTensor? _tokenScale;
    private readonly FloatTensor? _inhibitorStates;
    private readonly FloatTensor? _inhibitorScale;
    private readonly FloatTensor? _inhibitorResponse;
    private readonly FloatTensor? _detectionScores;

    public AttentionBuffers(
        OrtIoBinding binding, UNetSignature signature, AttentionRequest request, int rows, LatentShape shape, int tokens, int textWidth)
    {
        _binding = binding;
        _rows = rows;
        if (signature.Features.HasFlag(AttentionFeatures.Detect))
        {
            int guidelines = request.GuidelineEmbeddings.Length / textWidth;
            FloatTensor embeddings = Own([guidelines, textWidth]);
            request.GuidelineEmbeddings.Span.CopyTo(embeddings.Values);
            _binding.BindInput(AddedNames.GuidelineEmbeddings, embeddings.OrtValue);
            _detectionScores = Output(AddedNames.DetectionScores, rows, guidelines, shape.Height, shape.Width);
        }
        if (signature.Features.HasFlag(AttentionFeatures.Reweight))
        {
            _tokenScale = Input(AddedNames.TokenScale, rows, tokens);
            _tokenScale.Values.AsSpan().Fill(1);
        }
        if (signature.Features.HasFlag(AttentionFeatures.Inhibit))
        {
            _inhibitorStates = Input(AddedNames.InhibitorHiddenStates, rows, request.Concepts, tokens, textWidth);
            _inhibitorScale = Input(AddedNames.InhibitorScale, rows, request.Concepts, tokens);
            _inhibitorResponse = Output(AddedNames.InhibitorResponse, signature.InhibitedLayers, rows, request.Concepts, tokens);
        }
    }

    /// <summary>Binds what rows may have written since the last call, which copies it to the device where there is one.</summary>
    public void BindInputs()
    {
        foreach ((string name, FloatTensor tensor) in _rewritten) _binding.BindInput(name, tensor.OrtValue);
    }

    public Span<float> TokenScale(int row) => Row(_tokenScale, row, _rows, AttentionFeatures.Reweight);

    public Span<float> InhibitorHiddenStates(int row) => Row(_inhibitorStates, row, _rows, AttentionFeatures.Inhibit);

    public Span<float> InhibitorScale(int row) => Row(_inhibitorScale, row, _rows, AttentionFeatures.Inhibit);

    public ReadOnlySpan<float> DetectionScores(int row) => Row(_detectionScores, row, _rows, AttentionFeatures.Detect);

    public ReadOnlySpan<float> InhibitorResponse(int layer, int row)
    {
        int layers = _inhibitorResponse is null ? 1 : (int)_inhibitorResponse.Shape[0];
        return Row(_inhibitorResponse, layer * _rows + row, layers * _rows, AttentionFeatures.Inhibit);
    }

    public void Dispose()
    {
        foreach (FloatTensor tensor in _tensors) tensor.Dispose();
    }

    private static Span<float> Row(FloatTensor? tensor, int row, int rows, AttentionFeatures feature)
    {
        if (tensor is null) throw new InvalidOperationException($"The UNet is not instrumented for {feature}.");
        int length = tensor.Values.Length / rows;
        return tensor.Values.AsSpan(row * length, length);
    }

    private FloatTensor Input(string name, params long[] shape)
    {
        FloatTensor tensor = Own(shape);
        _rewritten.Add((name, tensor));
        return tensor;
    }

    private FloatTensor Output(string name, params long[] shape)
    {
        FloatTensor tensor = Own(shape);
        _binding.BindOutput(name, tensor.OrtValue);
        return tensor;
    }

    private FloatTensor Own(long[] shape)
    {
        FloatTensor tensor = new(TensorElementType.Float, shape);
        _tensors.Add(tensor);
        return tensor;
    }
}
