using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Sessions;

namespace SafeDiffusion.Model.Vae;

/// <summary>The encoder of the variational autoencoder: pixels to latents. Safe for several threads.</summary>
internal sealed class VaeEncoder : IDisposable
{
    private readonly OnnxSession _session;
    private readonly string _input;
    private readonly string _output;
    private readonly TensorElementType _inputType;
    private readonly TensorElementType _outputType;

    private readonly int? _fixedBatch;

    public VaeEncoder(OnnxSession session)
    {
        _session = session;
        (_input, NodeMetadata input) = session.Input("sample");
        session.RequireNoOtherInputs(_input);
        (_output, NodeMetadata output) = session.Output("latent_parameters", "latent_dist", "latent_sample");
        if (input.Dimensions.Length != 4) throw new InvalidFileException(session.File, $"{_input} has rank {input.Dimensions.Length}; 4 is needed.");
        FixedHeight = input.Dimensions[2] > 0 ? input.Dimensions[2] : null;
        FixedWidth = input.Dimensions[3] > 0 ? input.Dimensions[3] : null;
        _fixedBatch = FixedBatch.Of(session, _input);
        _inputType = FloatTensor.RequireFloat(input, _input, session.File);
        _outputType = FloatTensor.RequireFloat(output, _output, session.File);
    }

    /// <summary>The height of pictures, where the graph fixes it.</summary>
    public int? FixedHeight { get; }

    /// <summary>The width of pictures, where the graph fixes it.</summary>
    public int? FixedWidth { get; }

    /// <summary>Whether the graph draws from the latent distribution itself, so that no seed can make its result repeatable.</summary>
    public bool SamplesInside => _output == "latent_sample";

    /// <summary>Encodes one picture: the mean of its latent distribution, or the graph's own sample (<see cref="SamplesInside"/>).</summary>
    /// <param name="image">The picture.</param>
    /// <param name="shape">The shape of its latents.</param>
    /// <param name="scalingFactor">The VAE's scaling factor, by which the latents are multiplied.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>The latents on the diffusion model's scale, <c>[C, H, W]</c>.</returns>
    /// <exception cref="InferenceException">The network failed or gave values that are not finite.</exception>
    public float[] Encode(RgbImage image, LatentShape shape, float scalingFactor, CancellationToken cancellationToken)
    {
        // Mean and log-variance are stacked on the channel axis.
        int channels = SamplesInside ? shape.Channels : 2 * shape.Channels;
        int rows = _fixedBatch ?? 1;
        int length = 3 * image.Height * image.Width;
        using FloatTensor input = new(_inputType, rows, 3, image.Height, image.Width);
        using FloatTensor output = new(_outputType, rows, channels, shape.Height, shape.Width);
        image.ToPlanar(input.Values.AsSpan(0, length));
        FixedBatch.Fill(input.Values.AsSpan(), 1, length);
        input.BeforeRun();
        _session.RunOnce(_input, input.OrtValue, _output, output, cancellationToken);
        float[] latents = new float[shape.Length];
        TensorPrimitives.Multiply(output.Values.AsSpan(0, shape.Length), scalingFactor, latents);
        _session.RequireFinite(latents);
        return latents;
    }

    public void Dispose() => _session.Dispose();
}
