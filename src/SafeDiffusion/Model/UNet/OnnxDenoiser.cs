using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Additions;

namespace SafeDiffusion.Model.UNet;

/// <summary>An exported UNet in ONNX Runtime.</summary>
internal sealed class OnnxDenoiser(OnnxSession session) : IDenoiser
{
    public UNetSignature Signature { get; } = new(session);

    public int MaxRows => Signature.FixedRows ?? int.MaxValue;

    public AttentionFeatures Features => Signature.Features;

    public IDenoiserBatch CreateBatch(int rows, LatentShape shape, ReadOnlyMemory<float> guidelines = default)
    {
        if (!guidelines.IsEmpty && !Features.HasFlag(AttentionFeatures.Detect))
        {
            throw new InvalidRequestException("attentionFeatures", "lack Detect: load the pipeline with it in PipelineOptions.AttentionFeatures.");
        }
        return new OnnxDenoiserBatch(session, Signature, rows, shape, guidelines);
    }

    public void Dispose() => session.Dispose();
}
