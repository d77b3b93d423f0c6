using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Instrumentation.Additions;
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
        using IDenoiserBatch batch = denoiser.CreateBatch(
            rows, shape, features.HasFlag(AttentionFeatures.Detect) ? reference.Tensor("guideline_embeddings", 2).ToSingles() : default);
        bool isNeutral = tensors is ["inhibitor_response_neutral"];
        for (int row = 0; row < rows; row++)
        {
            Row(sample, row).CopyTo(batch.Latents(row));
            batch.SetInputs(row, Inputs(features, firstRow + row, isNeutral));
        }
        batch.Evaluate(reference.Timestep, cancellationToken);
        foreach (string tensor in tensors) comparisons.Add(Compare(run, tensor, batch));
    }

    private RowInputs Inputs(AttentionFeatures features, int row, bool isNeutral)
    {
        StoredTensor states = reference.Tensor("encoder_hidden_states", 3);
        return new RowInputs(new TextStates(null, Row(states, row).ToArray(), (int)states.Shape[1], (int)states.Shape[2]))
        {
            TokenScales = features.HasFlag(AttentionFeatures.Reweight) ? [.. Row(reference.Tensor("token_scale", 2), row)] : [],
            Inhibitors = features.HasFlag(AttentionFeatures.Inhibit) ? Inhibitors(row, isNeutral) : [],
        };
    }

    private ImmutableArray<Inhibitor> Inhibitors(int row, bool isNeutral)
    {
        StoredTensor states = reference.Tensor("inhibitor_hidden_states", 4);
        (int count, int tokens, int width) = ((int)states.Shape[1], (int)states.Shape[2], (int)states.Shape[3]);
        ReadOnlySpan<float> all = Row(states, row), scales = Row(reference.Tensor("inhibitor_scale", 3), row);
        ImmutableArray<Inhibitor>.Builder inhibitors = ImmutableArray.CreateBuilder<Inhibitor>(count);
        for (int i = 0; i < count; i++)
        {
            TextStates concept = new(null, all.Slice(i * tokens * width, tokens * width).ToArray(), tokens, width);
            inhibitors.Add(new(concept, isNeutral ? [.. new float[tokens]] : [.. scales.Slice(i * tokens, tokens)]));
        }
        return inhibitors.ToImmutable();
    }

    private TensorComparison Compare(string run, string tensor, IDenoiserBatch batch)
    {
        StoredTensor expected = reference.Tensor(tensor, 4);
        float[] actual = new float[expected.Count];
        bool isResponse = tensor.StartsWith("inhibitor_response", StringComparison.Ordinal);
        int inhibitors = isResponse ? (int)expected.Shape[2] : 1;
        int slices = (int)expected.Shape[0] * (isResponse ? (int)expected.Shape[1] : 1) * inhibitors;
        int length = expected.Count / slices;
        for (int i = 0; i < slices; i++)
        {
            ReadOnlySpan<float> slice = isResponse ? batch.InhibitorResponse(i / inhibitors / batch.Rows, i / inhibitors % batch.Rows, i % inhibitors)
                : tensor.StartsWith("detection_scores", StringComparison.Ordinal) ? batch.DetectionScores(i)
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
