using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Model;
using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Quantizing;

/// <summary>A variant of a UNet that is asked for a noise prediction, <c>[C, H, W]</c>.</summary>
internal sealed class UNetProbe : NetworkProbe
{
    private readonly UNetSignature _signature;
    private readonly LatentShape _shape;

    /// <param name="session">The variant.</param>
    /// <param name="shape">The latents' shape.</param>
    /// <param name="observed">The values to show.</param>
    public UNetProbe(OnnxSession session, LatentShape shape, IReadOnlyList<string> observed) : base(session, observed)
    {
        _signature = new UNetSignature(session);
        _shape = shape;
    }

    protected override string Output => _signature.Output;

    protected override int Rows => _signature.FixedRows ?? 1;

    protected override IDisposable Bind(OrtIoBinding binding, CalibrationSample sample)
    {
        FloatTensor latents = Repeated(_signature.SampleType, sample.Latents, Rows, _shape.Channels, _shape.Height, _shape.Width);
        FloatTensor text = Repeated(_signature.TextStatesType, sample.Text!.Values, Rows, sample.Text.Tokens, sample.Text.Width);
        TimestepTensor timestep = new(_signature, Rows, Session.File);
        timestep.Set(sample.Timestep);
        binding.BindInput(_signature.Sample, latents.OrtValue);
        binding.BindInput(_signature.TextStates, text.OrtValue);
        binding.BindInput(_signature.Timestep, timestep.OrtValue);
        return new Bound(latents, text, timestep);
    }
}
