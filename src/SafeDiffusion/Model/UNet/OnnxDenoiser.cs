using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Editing;

namespace SafeDiffusion.Model.UNet;

/// <summary>An exported UNet in ONNX Runtime.</summary>
internal sealed class OnnxDenoiser(OnnxSession session) : IDenoiser
{
    public UNetSignature Signature { get; } = new(session);

    public int MaxRows => Signature.FixedRows ?? int.MaxValue;

    public AttentionFeatures Features => Signature.Features;

    public IDenoiserBatch CreateBatch(int rows, LatentShape shape, AttentionRequest? attention = null)
    {
        attention ??= new AttentionRequest();
        if (!attention.GuidelineEmbeddings.IsEmpty) Require(AttentionFeatures.Detect);
        if (attention.Concepts > 0) Require(AttentionFeatures.Inhibit);
        return new OnnxDenoiserBatch(session, Signature, rows, shape, attention);
    }

    public void Dispose() => session.Dispose();

    private void Require(AttentionFeatures feature)
    {
        if (Features.HasFlag(feature)) return;
        throw new InvalidRequestException("attentionFeatures", $"lack {feature}: load the pipeline with it in PipelineOptions.AttentionFeatures.");
    }
}
