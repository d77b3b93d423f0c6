using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Instrumentation.Editing;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Verification;

/// <summary>Runs a UNet on a reference's inputs, on its square latents and on its wide ones.</summary>
internal sealed class UNetRun(
    OnnxDenoiser denoiser, UNetVerification.Reference reference, List<TensorComparison> comparisons, CancellationToken cancellationToken)
{
    private const string Wide = "_wide";

    /// <summary>Compares those of the tensors that the reference has, with some features at work.</summary>
    public void Compare(string run, AttentionFeatures features, params string[] tensors)
    {
        CompareOn(run, features, [.. tensors.Where(reference.Has)], "", firstRow: 0);
        // The wide latents are one row, with the second row of the other inputs.
        CompareOn($"{run}, wide", features, [.. tensors.Select(tensor => tensor + Wide).Where(reference.Has)], Wide, firstRow: 1);
    }

    private void CompareOn(string run, AttentionFeatures features, string[] tensors, string suffix, int firstRow)
    {
        if (tensors.Length == 0) return;
        StoredTensor sample = reference.Tensor($"sample{suffix}", 4);
        int rows = (int)sample.Shape[0];
        LatentShape shape = new((int)sample.Shape[1], (int)sample.Shape[2], (int)sample.Shape[3]);
        using IDenoiserBatch batch = denoiser.CreateBatch(rows, shape, new AttentionRequest
        {
            GuidelineEmbeddings = features.HasFlag(AttentionFeatures.Detect) ? reference.Tensor("guideline_embeddings", 2).ToSingles() : default,
            Concepts = features.HasFlag(AttentionFeatures.Inhibit) ? (int)reference.Tensor("inhibitor_scale", 3).Shape[1] : 0,
        });
        bool isNeutral = tensors is ["inhibitor_response_neutral"];
        for (int row = 0; row < rows; row++)
        {
            Fill(batch, features, sample, row, firstRow + row);
            if (isNeutral) batch.Attention!.InhibitorScale(row).Clear();
        }
        batch.Evaluate(reference.Timestep, cancellationToken);
        foreach (string tensor in tensors) comparisons.Add(Compare(run, tensor, batch));
    }

    private void Fill(IDenoiserBatch batch, AttentionFeatures features, StoredTensor sample, int row, int inputRow)
    {
        StoredTensor states = reference.Tensor("encoder_hidden_states", 3);
        batch.SetCondition(row, new TextStates(null, Row(states, inputRow).ToArray(), (int)states.Shape[1], (int)states.Shape[2]));
        Row(sample, row).CopyTo(batch.Latents(row));
        if (features.HasFlag(AttentionFeatures.Reweight)) Row(reference.Tensor("token_scale", 2), inputRow).CopyTo(batch.Attention!.TokenScale(row));
        if (!features.HasFlag(AttentionFeatures.Inhibit)) return;
        Row(reference.Tensor("inhibitor_hidden_states", 4), inputRow).CopyTo(batch.Attention!.InhibitorHiddenStates(row));
        Row(reference.Tensor("inhibitor_scale", 3), inputRow).CopyTo(batch.Attention.InhibitorScale(row));
    }

    private TensorComparison Compare(string run, string tensor, IDenoiserBatch batch)
    {
        StoredTensor expected = reference.Tensor(tensor, 4);
        float[] actual = new float[expected.Count];
        bool isResponse = tensor.StartsWith("inhibitor_response", StringComparison.Ordinal);
        int slices = (int)expected.Shape[0] * (isResponse ? (int)expected.Shape[1] : 1);
        int length = expected.Count / slices;
        for (int i = 0; i < slices; i++)
        {
            ReadOnlySpan<float> slice = isResponse ? batch.Attention!.InhibitorResponse(i / batch.Rows, i % batch.Rows)
                : tensor.StartsWith("detection_scores", StringComparison.Ordinal) ? batch.Attention!.DetectionScores(i)
                : batch.Prediction(i);
            if (slice.Length != length) throw new InvalidFileException(tensor, $"is {expected} in the reference, which the UNet's output does not fit.");
            slice.CopyTo(actual.AsSpan(i * length));
        }
        return TensorComparison.Of(run, tensor, expected.AsSingles(), actual);
    }

    private static ReadOnlySpan<float> Row(StoredTensor tensor, int row)
    {
        int length = tensor.Count / (int)tensor.Shape[0];
        return tensor.AsSingles().Slice(row * length, length);
    }
}
