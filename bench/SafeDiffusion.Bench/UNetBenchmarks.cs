using BenchmarkDotNet.Attributes;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Bench;

/// <summary>One UNet call of the shapes model, latents of [4, 16, 16].</summary>
[MemoryDiagnoser]
public class UNetBenchmarks
{
    private LoadedModel? _model;
    private IDenoiserBatch? _batch;

    /// <summary>Rows of the call.</summary>
    [Params(1, 2, 3, 4, 8)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Load()
    {
        _model = ShapesModel.Load();
        _batch = _model.Denoiser.CreateBatch(Rows, new LatentShape(4, 16, 16));
        TextStates states = _model.TextEncoder.Encode(_model.TextEncoder.Tokenizer.Encode("a blue circle"), CancellationToken.None);
        for (int row = 0; row < Rows; row++)
        {
            _batch.SetInputs(row, new RowInputs(states));
            new TorchNoise(row).Fill(_batch.Latents(row));
        }
    }

    [Benchmark]
    public void Evaluate() => _batch!.Evaluate(500, CancellationToken.None);

    [GlobalCleanup]
    public void Unload()
    {
        _batch?.Dispose();
        _model?.Dispose();
    }
}
