using SafeDiffusion.Core.Errors;
using SafeDiffusion.FineTuning.Graphs;
using SafeDiffusion.FineTuning.Graphs.Operators;
using SafeDiffusion.FineTuning.Native;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Losses;

/// <summary>A UNet under autograd, asked for noise predictions: as it is trained (the student), and as its file has it (the teacher).</summary>
public sealed class UNetGraph : IDisposable
{
    private readonly OnnxValue _sample;
    private readonly OnnxValue _timestep;
    private readonly OnnxValue _text;
    private readonly OnnxValue? _scale;
    private readonly List<RecomputedRun> _runs = [];

    /// <summary>Reads a UNet.</summary>
    /// <param name="model">The UNet, not instrumented, or for re-weighting alone.</param>
    /// <param name="parameters">The initializers that are trained.</param>
    /// <param name="precision">Float32 or Float64.</param>
    /// <param name="device">What computes.</param>
    /// <exception cref="InvalidFileException">The inputs are not those of a Stable Diffusion v1 UNet.</exception>
    /// <exception cref="UnsupportedGraphException">A node cannot be run.</exception>
    public UNetGraph(OnnxModelFile model, IReadOnlyCollection<string> parameters, ScalarType precision = ScalarType.Float32, AutogradDevice device = AutogradDevice.Cpu)
    {
        ArgumentNullException.ThrowIfNull(model);
        _sample = Input(model, "sample");
        _timestep = Input(model, "timestep");
        _text = Input(model, "encoder_hidden_states");
        _scale = model.Inputs.FirstOrDefault(input => input.Name == AddedNames.TokenScale);
        if (model.Inputs.Count != (_scale is null ? 3 : 4)) throw new InvalidFileException(model.Path, $"has the inputs {string.Join(", ", model.Inputs.Select(input => input.Name))}; sample, timestep and encoder_hidden_states alone are needed. Fine-tune the model before it is instrumented");
        Graph = new TorchGraph(model, parameters, precision, device);
    }

    /// <summary>
    /// In how many pieces of the graph activations are computed again for the gradient, at least 1; null, the default, keeps them all. Less
    /// memory, for about a forward more in time.
    /// </summary>
    public int? RecomputedPieces { get; init; }

    /// <summary>The graph.</summary>
    public TorchGraph Graph { get; }

    /// <summary>Predicts as the UNet is trained; on the tape where that is on.</summary>
    /// <param name="latents">The latents, <c>[B, C, H, W]</c>.</param>
    /// <param name="timestep">The training timestep.</param>
    /// <param name="text">The text states, <c>[B, N, D]</c> or <c>[1, N, D]</c>.</param>
    /// <returns>The prediction, <c>[B, C, H, W]</c>.</returns>
    public Tensor Student(Tensor latents, long timestep, Tensor text)
    {
        Dictionary<string, Tensor> inputs = Inputs(latents, timestep, text);
        if (RecomputedPieces is not { } pieces || !is_grad_enabled()) return Graph.Run(inputs).Values.Single();
        RecomputedRun run = Graph.RunRecomputed(inputs, pieces);
        _runs.Add(run);
        return run.Outputs.Values.Single();
    }

    /// <summary>Takes a loss's gradient to the parameters; in place of the loss's own <c>backward</c>, which knows nothing of recomputed activations.</summary>
    /// <param name="loss">The loss, a single number that predictions since the last call are in.</param>
    public void Backward(Tensor loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        loss.backward();
        foreach (RecomputedRun run in _runs) run.Backward();
        _runs.Clear();
    }

    /// <summary>Predicts as the file has it, without a tape.</summary>
    /// <inheritdoc cref="Student"/>
    public Tensor Teacher(Tensor latents, long timestep, Tensor text) => Graph.RunOriginal(Inputs(latents, timestep, text)).Values.Single();

    /// <summary>Predicts as the file has it, with the attention of some tokens scaled, without a tape.</summary>
    /// <param name="latents">The latents, <c>[B, C, H, W]</c>.</param>
    /// <param name="timestep">The training timestep.</param>
    /// <param name="text">The text states, <c>[B, N, D]</c> or <c>[1, N, D]</c>.</param>
    /// <param name="tokenScale">Each token's factor, <c>[1, N]</c>.</param>
    /// <exception cref="InvalidOperationException">The UNet was not instrumented for re-weighting.</exception>
    public Tensor TeacherReweighted(Tensor latents, long timestep, Tensor text, Tensor tokenScale)
    {
        ArgumentNullException.ThrowIfNull(tokenScale);
        if (_scale is null) throw new InvalidOperationException("The UNet was not instrumented for re-weighting.");
        return Graph.RunOriginal(Inputs(latents, timestep, text, tokenScale)).Values.Single();
    }

    /// <inheritdoc/>
    public void Dispose() => Graph.Dispose();

    private Dictionary<string, Tensor> Inputs(Tensor latents, long timestep, Tensor text, Tensor? tokenScale = null)
    {
        ArgumentNullException.ThrowIfNull(latents);
        ArgumentNullException.ThrowIfNull(text);
        long rows = latents.shape[0];
        // A timestep of one value serves all rows unless the graph fixes more, or names its length as the latents'.
        OnnxDimension? length = _timestep.Dimensions is [var only] ? only : null;
        bool isPerRow = length is { Size: > 1 } || length is { Size: null } && length.Value.Symbol == _sample.Dimensions?[0].Symbol;
        long[] shape = length is null ? [] : [isPerRow ? rows : 1];
        ScalarType type = _timestep.ElementType switch
        {
            OnnxElementType.Int64 => ScalarType.Int64,
            OnnxElementType.Int32 => ScalarType.Int32,
            _ => ScalarType.Float32,
        };
        Dictionary<string, Tensor> inputs = new()
        {
            [_sample.Name] = latents,
            [_timestep.Name] = full(shape, timestep, type),
            [_text.Name] = text.shape[0] == rows ? text : text.expand(rows, -1, -1),
        };
        if (_scale is not null) inputs[_scale.Name] = tokenScale?.expand(rows, -1) ?? ones([rows, text.shape[1]]);
        return inputs;
    }

    private static OnnxValue Input(OnnxModelFile model, string name) => model.Inputs.FirstOrDefault(input => input.Name == name)
        ?? throw new InvalidFileException(model.Path, $"has no input '{name}', which a UNet of Stable Diffusion v1 has");
}
