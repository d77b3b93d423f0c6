using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Denoising;
using SafeDiffusion.Sessions;

namespace SafeDiffusion.Vae;

/// <summary>The decoder of the variational autoencoder: latents to pixels. Safe for several threads.</summary>
internal sealed class VaeDecoder : IDisposable
{
    private readonly OnnxSession _session;
    private readonly string _input;
    private readonly string _output;
    private readonly TensorElementType _inputType;
    private readonly TensorElementType _outputType;

    public VaeDecoder(OnnxSession session)
    {
        _session = session;
        (_input, NodeMetadata input) = session.Input("latent_sample");
        session.RequireNoOtherInputs(_input);
        (_output, NodeMetadata output) = session.Output("sample");
        _inputType = FloatTensor.RequireFloat(input, _input, session.File);
        _outputType = FloatTensor.RequireFloat(output, _output, session.File);
        Channels = input.Dimensions is [_, > 0, _, _] ? input.Dimensions[1] : null;
        StatedFactor = input.Dimensions is [_, _, > 0, _] && output.Dimensions is [_, _, > 0, _] ? output.Dimensions[2] / input.Dimensions[2] : null;
    }

    /// <summary>The latent channels, where the graph states them.</summary>
    public int? Channels { get; }

    /// <summary>Pixels per latent on a side, where the graph's fixed shapes state it.</summary>
    public int? StatedFactor { get; }

    /// <summary>Decodes one picture.</summary>
    /// <param name="latents">The latents, <c>[C, H, W]</c>, on the diffusion model's scale.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="scalingFactor">The VAE's scaling factor, by which they are divided first.</param>
    /// <param name="factor">Pixels per latent on a side.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>The picture, <c>[3, H * factor, W * factor]</c>, about -1 to 1.</returns>
    /// <exception cref="InferenceException">The network failed or gave values that are not finite.</exception>
    public float[] Decode(ReadOnlySpan<float> latents, LatentShape shape, float scalingFactor, int factor, CancellationToken cancellationToken)
    {
        using FloatTensor input = new(_inputType, 1, shape.Channels, shape.Height, shape.Width);
        using FloatTensor output = new(_outputType, 1, 3, shape.Height * factor, shape.Width * factor);
        TensorPrimitives.Divide(latents, scalingFactor, input.Values);
        input.BeforeRun();
        _session.RunOnce(_input, input.OrtValue, _output, output, cancellationToken);
        _session.RequireFinite(output.Values, " Stable Diffusion's decoder overflows in float16: use its float32 export.");
        return output.Values;
    }

    /// <summary>Finds the number of pixels per latent on a side by decoding a few zeros.</summary>
    /// <exception cref="InferenceException">The network failed.</exception>
    public int MeasureFactor(int channels)
    {
        const int Side = 8;
        using FloatTensor input = new(_inputType, 1, channels, Side, Side);
        using RunOptions options = new();
        using OrtIoBinding binding = _session.CreateBinding();
        binding.BindInput(_input, input.OrtValue);
        binding.BindOutputToDevice(_output, OrtMemoryInfo.DefaultInstance);
        _session.Run(options, binding, CancellationToken.None);
        using IDisposableReadOnlyCollection<OrtValue> outputs = binding.GetOutputValues();
        return (int)(outputs[0].GetTensorTypeAndShape().Shape[3] / Side);
    }

    public void Dispose() => _session.Dispose();
}
