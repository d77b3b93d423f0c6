using System.Diagnostics;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Benchmarking;

/// <summary>A variant of a model's UNet, loaded and given made-up inputs; time does not depend on them. Only the UNet's folder is needed.</summary>
internal sealed class UNetUnderTest : IDisposable
{
    private const int Timestep = 500;
    private const int UsualTokens = 77;
    private const int UsualChannels = 4;
    private readonly OnnxDenoiser _denoiser;
    private readonly IDenoiserBatch _batch;

    public UNetUnderTest(string folder, UNetVariant variant, PipelineOptions options, UNetWorkload workload)
    {
        Variant = variant;
        ModelFolder model = new(folder);
        OnnxModelFile file = model.LoadNetwork("unet");
        ProviderSettings provider = new(options.Provider, options.Threads);
        long began = Stopwatch.GetTimestamp();
        OnnxSession session = variant == UNetVariant.Plain
            ? NetworkLoader.LoadAsItIs("unet", file, provider)
            : UNetLoader.Load(file, options.ToModelSettings()).Session;
        LoadSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        _denoiser = new OnnxDenoiser(session);
        try
        {
            _batch = CreateBatch(model, session, workload);
        }
        catch
        {
            _denoiser.Dispose();
            throw;
        }
    }

    public UNetVariant Variant { get; }

    public double LoadSeconds { get; }

    public int Rows => _batch.Rows;

    public LatentShape Shape { get; private set; }

    /// <summary>Milliseconds of a step, one for each measurement.</summary>
    public List<double> StepMilliseconds { get; } = [];

    /// <summary>Runs some steps, and returns what one took in milliseconds.</summary>
    public double Run(int steps, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < steps; i++) _batch.Evaluate(Timestep, cancellationToken);
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds / steps;
    }

    /// <summary>The largest difference from another variant's output, relative to that one's largest value.</summary>
    public double DifferenceFrom(UNetUnderTest other)
    {
        float largest = float.Epsilon, difference = 0;
        for (int row = 0; row < Rows; row++)
        {
            ReadOnlySpan<float> expected = other._batch.Prediction(row), actual = _batch.Prediction(row);
            for (int i = 0; i < expected.Length; i++)
            {
                largest = Math.Max(largest, Math.Abs(expected[i]));
                difference = Math.Max(difference, Math.Abs(expected[i] - actual[i]));
            }
        }
        return difference / largest;
    }

    public void Dispose()
    {
        _batch.Dispose();
        _denoiser.Dispose();
    }

    private IDenoiserBatch CreateBatch(ModelFolder model, OnnxSession session, UNetWorkload workload)
    {
        UNetSignature signature = _denoiser.Signature;
        NetworkConfig config = model.LoadConfig("unet");
        int size = workload.LatentSize ?? config.Integer("sample_size", 1, ModelDescriptionBuilder.MaxLatentSize) ?? signature.FixedHeight
            ?? throw new InvalidRequestException("--latent-size", "is needed: neither the UNet nor its config.json tells a size.");
        Shape = new LatentShape(signature.Channels ?? UsualChannels, signature.FixedHeight ?? size, signature.FixedWidth ?? size);
        int width = signature.TextWidth ?? config.Integer("cross_attention_dim", 1, 1 << 16)
            ?? throw new InvalidFileException(session.File, "neither the graph nor config.json tells the text states' width.");
        int stated = session.Inputs[signature.TextStates].Dimensions[1];
        int tokens = stated > 0 ? stated : UsualTokens;
        int rows = signature.FixedRows ?? workload.Rows;
        IDenoiserBatch batch = _denoiser.CreateBatch(rows, Shape);
        for (int row = 0; row < rows; row++)
        {
            float[] states = new float[tokens * width];
            new TorchNoise(2 * row).Fill(states);
            new TorchNoise(2 * row + 1).Fill(batch.Latents(row));
            batch.SetInputs(row, new RowInputs(new TextStates(null, states, tokens, width)));
        }
        return batch;
    }
}
