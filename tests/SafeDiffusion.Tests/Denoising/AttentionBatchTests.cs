using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Networks;
using SafeDiffusion.Scheduling;

namespace SafeDiffusion.Denoising;

/// <summary>
/// Graph layer: the added inputs and outputs through the denoiser, row by row, against PyTorch's values for an exported UNet.
/// Tolerance 1e-4 of the largest value, the fixtures' own for float32.
/// </summary>
public sealed class AttentionBatchTests
{
    private static readonly string _folder = Fixture.Locate("graphs", "legacy17-sdpa");
    private static readonly SafeTensorsFile _reference = SafeTensorsFile.Load(Path.Combine(_folder, "reference.safetensors"));
    private static readonly LatentShape _shape = new(4, 16, 16);

    [Fact]
    public void EveryFeatureAgreesAtOnce()
    {
        using OnnxDenoiser denoiser = Load(AttentionFeatures.All);
        using IDenoiserBatch batch = CreateBatch(denoiser, withInputs: true);
        Evaluate(batch);
        AssertRows("out_sample_all", batch.Prediction);
        AssertRows("detection_scores_all", batch.DetectionScores);
        StoredTensor response = _reference["inhibitor_response_all"];
        int inhibitors = (int)response.Shape[2], length = response.Count / (int)(response.Shape[0] * 2 * inhibitors);
        for (int layer = 0; layer < response.Shape[0]; layer++)
        {
            for (int row = 0; row < 2; row++)
            {
                for (int inhibitor = 0; inhibitor < inhibitors; inhibitor++)
                {
                    int place = (layer * 2 + row) * inhibitors + inhibitor;
                    AssertClose(response.AsSingles().Slice(place * length, length), batch.InhibitorResponse(layer, row, inhibitor));
                }
            }
        }
    }

    [Theory]
    [InlineData(AttentionFeatures.None)]
    [InlineData(AttentionFeatures.Detect)]
    [InlineData(AttentionFeatures.All)]
    public void NeutralInputsChangeNothing(AttentionFeatures features)
    {
        using OnnxDenoiser denoiser = Load(features);
        Assert.Equal(features, denoiser.Features);
        using IDenoiserBatch batch = CreateBatch(denoiser, withInputs: false);
        Evaluate(batch);
        AssertRows("out_sample", batch.Prediction);
    }

    /// <summary>The exporter's PyTorch model with the scores multiplied there, zeros among them.</summary>
    [Fact]
    public void TokenScalesAloneAgree()
    {
        using OnnxDenoiser denoiser = Load(AttentionFeatures.Reweight);
        using IDenoiserBatch batch = CreateBatch(denoiser, withInputs: false);
        for (int row = 0; row < 2; row++) batch.SetInputs(row, Inputs(row, withInputs: true) with { Inhibitors = [] });
        Evaluate(batch);
        AssertRows("out_sample_token_scale", batch.Prediction);
    }

    /// <summary>A guideline is read through the mean of its tokens; tolerance 1e-5 of the largest score, a tenth of the fixtures' own.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AGuidelinesScoreIsTheMeanOfItsTokensScores(bool hasBackground)
    {
        int width = (int)_reference["guideline_embeddings"].Shape[1], tokens = (int)_reference["guideline_embeddings"].Shape[0] - (hasBackground ? 1 : 0);
        Assert.True(tokens > 1, "The fixture needs two tokens besides the background.");
        float[] all = _reference["guideline_embeddings"].ToSingles();
        Guideline guideline = new(
            new() { Concept = "it", BaseModelHash = "none", Tool = "test" }, all[..(tokens * width)], width, all[(tokens * width)..], LayerSelection.Detection, [new(0, 0, 1)]);
        using OnnxDenoiser denoiser = Load(AttentionFeatures.Detect);
        using IDenoiserBatch each = denoiser.CreateBatch(2, _shape, all), mean = denoiser.CreateBatch(2, _shape, guideline.Values);
        foreach (IDenoiserBatch batch in new[] { each, mean })
        {
            Fill(batch, withInputs: false);
            Evaluate(batch);
        }
        float[] expected = new float[256], actual = new float[256];
        for (int row = 0; row < 2; row++)
        {
            DetectionMaps.Mean(each.DetectionScores(row), hasBackground, expected);
            DetectionMaps.ReadMean(mean.DetectionScores(row), guideline, actual);
            DdimFixture.AssertClose(expected, actual, 1e-5 * MathF.Abs(System.Numerics.Tensors.TensorPrimitives.MaxMagnitude(each.DetectionScores(row))), "scores");
        }
    }

    [Fact]
    public void AFeatureThatTheGraphDoesNotHaveIsRefused()
    {
        using OnnxDenoiser plain = Load(AttentionFeatures.None);
        using OnnxDenoiser denoiser = Load(AttentionFeatures.Detect);
        Assert.Equal("attentionFeatures", Assert.Throws<InvalidRequestException>(() => plain.CreateBatch(1, _shape, new float[64])).Field);
        using IDenoiserBatch batch = CreateBatch(denoiser, withInputs: false);
        RowInputs inputs = Inputs(0, withInputs: true);
        Assert.Throws<InvalidOperationException>(() => batch.SetInputs(0, inputs with { Inhibitors = [] }));
        Assert.Throws<InvalidOperationException>(() => batch.SetInputs(0, inputs with { TokenScales = [] }));
    }

    [Fact]
    public void NothingOfARowIsLeftForTheNext()
    {
        using OnnxDenoiser denoiser = Load(AttentionFeatures.All);
        using IDenoiserBatch batch = CreateBatch(denoiser, withInputs: true);
        Evaluate(batch);
        for (int row = 0; row < 2; row++) batch.SetInputs(row, Inputs(row, withInputs: false));
        Evaluate(batch);
        AssertRows("out_sample", batch.Prediction);
    }

    [Fact]
    public void InputsOfAnotherLengthAreRefused()
    {
        using OnnxDenoiser denoiser = Load(AttentionFeatures.All);
        using IDenoiserBatch batch = CreateBatch(denoiser, withInputs: true);
        RowInputs inputs = Inputs(0, withInputs: true);
        Assert.Throws<InvalidOperationException>(() => batch.SetInputs(0, inputs with { TokenScales = [1] }));
        Assert.Throws<InvalidOperationException>(() => batch.SetInputs(0, inputs with { Inhibitors = [inputs.Inhibitors[0] with { Weights = [1] }] }));
    }

    private static OnnxDenoiser Load(AttentionFeatures features)
    {
        OnnxModelFile plain = OnnxModelFile.Load(Path.Combine(_folder, "unet", "model.onnx"));
        OnnxModelFile model = features == AttentionFeatures.None ? plain : UNetInstrumentation.Instrument(plain, features);
        return new OnnxDenoiser(NetworkLoader.Load("unet", model, new ProviderSettings(ExecutionProvider.Cpu, null), isEdited: features != AttentionFeatures.None));
    }

    private static IDenoiserBatch CreateBatch(OnnxDenoiser denoiser, bool withInputs)
    {
        IDenoiserBatch batch = denoiser.CreateBatch(2, _shape, withInputs ? _reference["guideline_embeddings"].ToSingles() : default);
        Fill(batch, withInputs);
        return batch;
    }

    private static void Fill(IDenoiserBatch batch, bool withInputs)
    {
        for (int row = 0; row < 2; row++)
        {
            batch.SetInputs(row, Inputs(row, withInputs));
            Row("sample", row).CopyTo(batch.Latents(row));
        }
    }

    private static RowInputs Inputs(int row, bool withInputs)
    {
        RowInputs plain = new(States(Row("encoder_hidden_states", row)));
        if (!withInputs) return plain;
        int count = (int)_reference["inhibitor_hidden_states"].Shape[1];
        float[][] concepts = [.. Row("inhibitor_hidden_states", row).ToArray().Chunk(Row("inhibitor_hidden_states", row).Length / count)];
        float[][] weights = [.. Row("inhibitor_scale", row).ToArray().Chunk(Row("inhibitor_scale", row).Length / count)];
        return plain with
        {
            TokenScales = [.. Row("token_scale", row)],
            Inhibitors = [.. concepts.Zip(weights, (concept, weight) => new Inhibitor(States(concept), [.. weight]))],
        };
    }

    private static TextStates States(ReadOnlySpan<float> values)
    {
        StoredTensor states = _reference["encoder_hidden_states"];
        return new TextStates(null, values.ToArray(), (int)states.Shape[1], (int)states.Shape[2]);
    }

    private static void Evaluate(IDenoiserBatch batch) =>
        batch.Evaluate(int.Parse(_reference.Metadata["timestep"], System.Globalization.CultureInfo.InvariantCulture), default);

    private delegate ReadOnlySpan<float> RowOf(int row);

    private static void AssertRows(string tensor, RowOf actual)
    {
        for (int row = 0; row < 2; row++) AssertClose(Row(tensor, row), actual(row));
    }

    private static ReadOnlySpan<float> Row(string tensor, int row)
    {
        StoredTensor stored = _reference[tensor];
        int length = stored.Count / (int)stored.Shape[0];
        return stored.AsSingles().Slice(row * length, length);
    }

    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual) =>
        DdimFixture.AssertClose(expected, actual, 1e-4 * MathF.Abs(System.Numerics.Tensors.TensorPrimitives.MaxMagnitude(expected)), "attention");
}
