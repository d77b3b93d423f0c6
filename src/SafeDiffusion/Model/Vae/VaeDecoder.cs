using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Sessions;

namespace SafeDiffusion.Model.Vae;

/// <summary>The decoder of the variational autoencoder: latents to pixels. Safe for several threads.</summary>
internal sealed class VaeDecoder : IDisposable
{
    /// <summary>The pixels that are decoded in one call where several pictures are: one picture of 512x512, which takes gigabytes already.</summary>
    private const long MaxPixelsTogether = 512 * 512;

    private readonly OnnxSession _session;
    private readonly string _input;
    private readonly string _output;
    private readonly TensorElementType _inputType;
    private readonly TensorElementType _outputType;
    private readonly int? _fixedBatch;
    private readonly bool _takesBatches;

    public VaeDecoder(OnnxSession session)
    {
        _session = session;
        (_input, NodeMetadata input) = session.Input("latent_sample");
        session.RequireNoOtherInputs(_input);
        (_output, NodeMetadata output) = session.Output("sample");
        _inputType = FloatTensor.RequireFloat(input, _input, session.File);
        _outputType = FloatTensor.RequireFloat(output, _output, session.File);
        if (input.Dimensions.Length != 4) throw new InvalidFileException(session.File, $"{_input} has rank {input.Dimensions.Length}; 4 is needed.");
        Channels = Fixed(input.Dimensions[1]);
        FixedHeight = Fixed(input.Dimensions[2]);
        FixedWidth = Fixed(input.Dimensions[3]);
        _fixedBatch = FixedBatch.Of(session, _input);
        _takesBatches = _fixedBatch is not null || output.Dimensions is [< 0, ..];
        StatedFactor = input.Dimensions is [_, _, > 0, _] && output.Dimensions is [_, _, > 0, _] ? output.Dimensions[2] / input.Dimensions[2] : null;
    }

    /// <summary>The name of the latents' input.</summary>
    public string Input => _input;

    /// <summary>The latent channels, where the graph states them.</summary>
    public int? Channels { get; }

    /// <summary>The height of the latents, where the graph fixes it.</summary>
    public int? FixedHeight { get; }

    /// <summary>The width of the latents, where the graph fixes it.</summary>
    public int? FixedWidth { get; }

    /// <summary>Pixels per latent on a side, where the graph's fixed shapes state it.</summary>
    public int? StatedFactor { get; }

    /// <summary>Decodes pictures, small ones together.</summary>
    /// <param name="latents">The latents, <c>[B, C, H, W]</c>, on the diffusion model's scale.</param>
    /// <param name="shape">The shape of one picture's.</param>
    /// <param name="scalingFactor">The VAE's scaling factor, by which they are divided first.</param>
    /// <param name="factor">Pixels per latent on a side.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="InferenceException">The network failed or gave values that are not finite.</exception>
    public RgbImage[] Decode(ReadOnlySpan<float> latents, LatentShape shape, float scalingFactor, int factor, CancellationToken cancellationToken)
    {
        int together = !_takesBatches ? 1 : _fixedBatch ?? (int)Math.Clamp(MaxPixelsTogether / ((long)shape.Height * shape.Width * factor * factor), 1, int.MaxValue);
        RgbImage[] images = new RgbImage[latents.Length / shape.Length];
        for (int start = 0; start < images.Length; start += together)
        {
            int count = Math.Min(together, images.Length - start);
            float[] pixels = DecodeTogether(latents.Slice(start * shape.Length, count * shape.Length), shape, scalingFactor, factor, cancellationToken);
            int length = pixels.Length / count;
            for (int i = 0; i < count; i++)
            {
                images[start + i] = RgbImage.FromPlanar(pixels.AsSpan(i * length, length), shape.Width * factor, shape.Height * factor);
            }
        }
        return images;
    }

    /// <summary>Decodes pictures in one call.</summary>
    /// <returns>The pictures, <c>[B, 3, H * factor, W * factor]</c>, about -1 to 1.</returns>
    /// <inheritdoc cref="Decode"/>
    public float[] DecodeTogether(ReadOnlySpan<float> latents, LatentShape shape, float scalingFactor, int factor, CancellationToken cancellationToken)
    {
        int count = latents.Length / shape.Length;
        int rows = _fixedBatch ?? count;
        using FloatTensor input = new(_inputType, rows, shape.Channels, shape.Height, shape.Width);
        using FloatTensor output = new(_outputType, rows, 3, shape.Height * factor, shape.Width * factor);
        TensorPrimitives.Divide(latents, scalingFactor, input.Values);
        FixedBatch.Fill(input.Values.AsSpan(), count, shape.Length);
        input.BeforeRun();
        _session.RunOnce(_input, input.OrtValue, _output, output, cancellationToken);
        _session.RequireFinite(output.Values, " Stable Diffusion's decoder overflows in float16: use its float32 export.");
        return rows == count ? output.Values : output.Values[..(output.Values.Length / rows * count)];
    }

    /// <summary>Finds the number of pixels per latent on a side by decoding a few zeros.</summary>
    /// <exception cref="InferenceException">The network failed.</exception>
    public int MeasureFactor(int channels)
    {
        const int Side = 8;
        using FloatTensor input = new(_inputType, _fixedBatch ?? 1, channels, FixedHeight ?? Side, FixedWidth ?? Side);
        using RunOptions options = new();
        using OrtIoBinding binding = _session.CreateBinding();
        binding.BindInput(_input, input.OrtValue);
        binding.BindOutputToDevice(_output, OrtMemoryInfo.DefaultInstance);
        _session.Run(options, binding, CancellationToken.None);
        using IDisposableReadOnlyCollection<OrtValue> outputs = binding.GetOutputValues();
        return (int)(outputs[0].GetTensorTypeAndShape().Shape[3] / (FixedWidth ?? Side));
    }

    public void Dispose() => _session.Dispose();

    private static int? Fixed(int dimension) => dimension > 0 ? dimension : null;
}
