using System.Diagnostics;
using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Model;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Generation;

/// <summary>
/// Evaluates the rows that a step asks for, in batches of at most a given size. Batches are
/// allocated when they are first needed and used again in every later step; the k-th batch of a size gets the same rows in steps that
/// ask for the same, so that inputs are copied only when something changes.
/// </summary>
internal sealed class RowEvaluator(IDenoiser denoiser, LatentShape shape, int maxRows, ReadOnlyMemory<float> guidelines = default) : IDisposable
{
    private readonly int _maxRows = Math.Min(maxRows, denoiser.MaxRows);
    private readonly Dictionary<int, BatchesOfSize> _batches = [];
    private readonly List<(PictureDenoising Picture, Row Row)> _wanted = [];

    /// <summary>Rows evaluated so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Time spent in the network so far.</summary>
    public TimeSpan NetworkTime { get; private set; }

    /// <summary>Asks for those rows of a picture that this step has not evaluated yet.</summary>
    public void Want(PictureDenoising picture, RowSet rows)
    {
        RowSet missing = rows - picture.Predictions.Evaluated;
        for (int i = 0; !missing.IsEmpty && i < picture.Rows.Count; i++)
        {
            Row row = new(i);
            if (!missing.Contains(row)) continue;
            _wanted.Add((picture, row));
            missing -= row;
        }
        if (!missing.IsEmpty) throw new InvalidOperationException("A protection asked for a row that it did not add when it began.");
    }

    /// <summary>Evaluates what was asked for, in as few batches as fit.</summary>
    /// <exception cref="InferenceException">A prediction is not finite.</exception>
    public void Evaluate(in DenoisingStep step, CancellationToken cancellationToken)
    {
        for (int start = 0; start < _wanted.Count; start += _maxRows)
        {
            int rows = Math.Min(_maxRows, _wanted.Count - start);
            EvaluateBatch(Rent(rows), start, step, cancellationToken);
        }
        _wanted.Clear();
    }

    /// <summary>Evaluates rows that are none of a picture's own, at latents <c>[C, H, W]</c>.</summary>
    /// <returns>The noise prediction by each, <c>[C, H, W]</c>.</returns>
    /// <exception cref="InferenceException">A prediction is not finite.</exception>
    public float[][] Try(ReadOnlySpan<float> latents, IReadOnlyList<RowInputs> rows, in DenoisingStep step, CancellationToken cancellationToken)
    {
        float[][] predictions = new float[rows.Count][];
        for (int start = 0; start < rows.Count; start += _maxRows)
        {
            IDenoiserBatch batch = Rent(Math.Min(_maxRows, rows.Count - start));
            for (int i = 0; i < batch.Rows; i++)
            {
                batch.SetInputs(i, rows[start + i]);
                latents.CopyTo(batch.Latents(i));
            }
            Evaluate(batch, step, cancellationToken);
            for (int i = 0; i < batch.Rows; i++)
            {
                RequireFinite(batch.Prediction(i), step);
                predictions[start + i] = batch.Prediction(i).ToArray();
            }
        }
        return predictions;
    }

    /// <summary>Ends a step: its predictions may be overwritten from now on.</summary>
    public void EndStep()
    {
        foreach (BatchesOfSize batches in _batches.Values) batches.InUse = 0;
    }

    public void Dispose()
    {
        foreach (IDenoiserBatch batch in _batches.Values.SelectMany(batches => batches.All)) batch.Dispose();
    }

    private void EvaluateBatch(IDenoiserBatch batch, int start, in DenoisingStep step, CancellationToken cancellationToken)
    {
        for (int i = 0; i < batch.Rows; i++)
        {
            (PictureDenoising picture, Row row) = _wanted[start + i];
            batch.SetInputs(i, picture.Rows[row]);
            picture.Latents.CopyTo(batch.Latents(i));
        }
        Evaluate(batch, step, cancellationToken);
        for (int i = 0; i < batch.Rows; i++)
        {
            (PictureDenoising picture, Row row) = _wanted[start + i];
            RequireFinite(batch.Prediction(i), step);
            picture.Predictions.Set(row, batch, i);
        }
    }

    private void Evaluate(IDenoiserBatch batch, in DenoisingStep step, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        batch.Evaluate(step.Timestep, cancellationToken);
        NetworkTime += Stopwatch.GetElapsedTime(began);
        Rows += batch.Rows;
    }

    private static void RequireFinite(ReadOnlySpan<float> prediction, in DenoisingStep step)
    {
        if (float.IsFinite(TensorPrimitives.MaxMagnitude(prediction))) return;
        throw new InferenceException(
            "unet", "gave a value that is not a finite number. A float16 model may overflow: try its float32 export, or a lower guidance scale.", step.Index);
    }

    private IDenoiserBatch Rent(int rows)
    {
        if (!_batches.TryGetValue(rows, out BatchesOfSize? batches)) _batches[rows] = batches = new();
        if (batches.InUse == batches.All.Count) batches.All.Add(denoiser.CreateBatch(rows, shape, guidelines));
        return batches.All[batches.InUse++];
    }

    private sealed class BatchesOfSize
    {
        public List<IDenoiserBatch> All { get; } = [];

        public int InUse { get; set; }
    }
}
