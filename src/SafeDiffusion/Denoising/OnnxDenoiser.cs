using SafeDiffusion.Sessions;

namespace SafeDiffusion.Denoising;

/// <summary>An exported UNet in ONNX Runtime.</summary>
internal sealed class OnnxDenoiser(OnnxSession session) : IDenoiser
{
    public UNetSignature Signature { get; } = new(session);

    public int MaxRows => Signature.FixedRows ?? int.MaxValue;

    public IDenoiserBatch CreateBatch(int rows, LatentShape shape) => new OnnxDenoiserBatch(session, Signature, rows, shape);

    public void Dispose() => session.Dispose();
}
