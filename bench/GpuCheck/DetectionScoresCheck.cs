using SafeDiffusion;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Verification;

namespace GpuCheck;

/// <summary>Compares one call of the shapes model's UNet, prediction and detection scores, where no threshold has touched them yet.</summary>
internal static class DetectionScoresCheck
{
    private const int Timestep = 500;
    private const int Side = 8;

    public static IEnumerable<ScoresAgreement> Run(string single, string half, ExecutionProvider provider)
    {
        (float[] prediction, float[] scores) = Evaluate(single, ExecutionProvider.Cpu);
        foreach ((string precision, string folder, double tolerance) in ((string, string, double)[])
            [("float32", single, UNetVerification.DefaultTolerance), ("float16", half, UNetVerification.DefaultHalfTolerance)])
        {
            (float[] actual, float[] actualScores) = Evaluate(folder, provider);
            yield return new ScoresAgreement(
                precision, AgreementCheck.RelativeDifference(actual, prediction), AgreementCheck.RelativeDifference(actualScores, scores), tolerance);
        }
    }

    private static (float[] Prediction, float[] Scores) Evaluate(string folder, ExecutionProvider provider)
    {
        OnnxModelFile file = OnnxModelFile.Load(Path.Combine(folder, "unet", "model.onnx"));
        PipelineOptions options = new() { Provider = provider, AttentionFeatures = AttentionFeatures.Detect };
        using OnnxDenoiser denoiser = new(UNetLoader.Load(file, options.ToModelSettings()).Session);
        int width = denoiser.Signature.TextWidth!.Value;
        float[] guidelines = FullSizeCheck.Noise(3, Workload.Guidelines * width);
        using IDenoiserBatch batch = denoiser.CreateBatch(1, new LatentShape(denoiser.Signature.Channels ?? 4, Side, Side), guidelines);
        batch.SetInputs(0, new RowInputs(new TextStates(null, FullSizeCheck.Noise(0, Workload.Tokens * width), Workload.Tokens, width)));
        FullSizeCheck.Noise(1, batch.Latents(0).Length).CopyTo(batch.Latents(0));
        batch.Evaluate(Timestep, CancellationToken.None);
        return (batch.Prediction(0).ToArray(), batch.DetectionScores(0).ToArray());
    }
}
