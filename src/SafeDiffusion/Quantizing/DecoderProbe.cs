using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Model;

namespace SafeDiffusion.Quantizing;

/// <summary>A variant of a VAE decoder that is asked for a picture, about -1 to 1.</summary>
internal sealed class DecoderProbe : NetworkProbe
{
    private readonly string _input;
    private readonly TensorElementType _type;
    private readonly LatentShape _shape;

    /// <param name="session">The variant.</param>
    /// <param name="shape">The latents' shape.</param>
    /// <param name="observed">The values to show.</param>
    public DecoderProbe(OnnxSession session, LatentShape shape, IReadOnlyList<string> observed) : base(session, observed)
    {
        (_input, NodeMetadata input) = session.Input("latent_sample");
        (Output, _) = session.Output("sample");
        _type = FloatTensor.RequireFloat(input, _input, session.File);
        Rows = FixedBatch.Of(session, _input) ?? 1;
        _shape = shape;
    }

    protected override string Output { get; }

    protected override int Rows { get; }

    protected override IDisposable Bind(OrtIoBinding binding, CalibrationSample sample)
    {
        FloatTensor latents = Repeated(_type, sample.Latents, Rows, _shape.Channels, _shape.Height, _shape.Width);
        binding.BindInput(_input, latents.OrtValue);
        return latents;
    }
}
