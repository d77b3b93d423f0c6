using System.Text.Json;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Scheduling;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Scheduling;

namespace SafeDiffusion.Pipeline;

/// <summary>
/// Model layer: the shapes model's networks, one by one, against PyTorch. Tolerance 2e-5 absolute on values of about 1: two runtimes'
/// float32 convolutions and matrix products differ by about that much.
/// </summary>
public sealed class NetworkTests : IDisposable
{
    private const float Tolerance = 2e-5f;

    private readonly LoadedModel _model = LoadedModel.Load(Fixture.ShapesModel);

    public void Dispose() => _model.Dispose();

    [Fact]
    public void TextStatesAgree()
    {
        SafeTensorsFile reference = Load("text-states");
        string[] prompts = JsonSerializer.Deserialize<string[]>(reference.Metadata["prompts"])!;
        long[] ids = reference["input_ids"].ToInt64s();
        float[] states = reference["last_hidden_state"].ToSingles();
        foreach ((int index, string prompt) in prompts.Index())
        {
            TextStates actual = Encode(prompt);
            Assert.Equal(ids.AsSpan(index * actual.Tokens, actual.Tokens).ToArray(), actual.Text!.Ids.Select(id => (long)id));
            AssertClose(states.AsSpan(index * actual.Values.Length, actual.Values.Length), actual.Values);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(201)]
    [InlineData(561)]
    [InlineData(981)]
    public void NoisePredictionsAgreeInOneBatch(int timestep)
    {
        SafeTensorsFile reference = Load("unet");
        string[] conditions = JsonSerializer.Deserialize<string[]>(reference.Metadata["conditions"])!;
        Compare(reference[$"sample/{timestep}"], reference[$"out_sample/{timestep}"], timestep, conditions);
    }

    [Fact]
    public void NoisePredictionsAgreeOnAWidePicture()
    {
        SafeTensorsFile reference = Load("unet");
        Compare(reference["sample_wide"], reference["out_sample_wide/481"], 481, [reference.Metadata["condition_wide"]]);
    }

    [Fact]
    public void TheAutoencoderAgreesBothWays()
    {
        SafeTensorsFile reference = Load("vae-and-inversion");
        LatentShape shape = new(4, 16, 16);
        ModelDescription model = _model.Description;
        float[] planes = reference["image"].ToSingles();
        RgbImage image = RgbImage.FromPlanar([.. planes.Select(value => 2 * value - 1)], 64, 64);

        float[] latents = _model.Encoder!.Encode(image, shape, model.VaeScalingFactor, default);
        AssertClose(reference["latents"].AsSingles(), latents);

        float[] decoded = _model.Decoder.DecodeTogether(reference["latents"].AsSingles(), shape, model.VaeScalingFactor, model.VaeFactor, default);
        AssertClose(reference["reconstruction"].AsSingles(), [.. decoded.Select(value => Math.Clamp(value / 2 + 0.5f, 0, 1))]);
    }

    /// <summary>diffusers' DDIM inversion asks the model at the target timestep: the default reading. 25 steps gather 5e-4.</summary>
    [Fact]
    public void InversionAgreesStepForStep()
    {
        SafeTensorsFile reference = Load("vae-and-inversion");
        LatentShape shape = new(4, 16, 16);
        DdimInversion inversion = new(_model.Scheduler.CreatePlan(25));
        Assert.Equal(JsonSerializer.Deserialize<int[]>(reference.Metadata["inverse_timesteps"])!, inversion.ModelTimesteps.AsEnumerable());
        using IDenoiserBatch batch = _model.Denoiser.CreateBatch(1, shape);
        batch.SetInputs(0, new RowInputs(Encode(reference.Metadata["condition"])));
        float[] latents = reference["latents"].ToSingles();
        float[] next = new float[latents.Length];
        ReadOnlySpan<float> expected = reference["inverted_steps"].AsSingles();
        for (int step = 0; step < 25; step++)
        {
            latents.CopyTo(batch.Latents(0));
            batch.Evaluate(inversion.ModelTimesteps[step], default);
            inversion.Step(step, batch.Prediction(0), latents, next);
            (latents, next) = (next, latents);
            AssertClose(expected.Slice(step * latents.Length, latents.Length), latents, 5e-4f);
        }
    }

    private void Compare(StoredTensor sample, StoredTensor expected, int timestep, string[] conditions)
    {
        LatentShape shape = new((int)sample.Shape[1], (int)sample.Shape[2], (int)sample.Shape[3]);
        using IDenoiserBatch batch = _model.Denoiser.CreateBatch(conditions.Length, shape);
        for (int row = 0; row < conditions.Length; row++)
        {
            batch.SetInputs(row, new RowInputs(Encode(conditions[row])));
            sample.AsSingles().Slice(row * shape.Length, shape.Length).CopyTo(batch.Latents(row));
        }
        batch.Evaluate(timestep, default);
        for (int row = 0; row < conditions.Length; row++)
        {
            AssertClose(expected.AsSingles().Slice(row * shape.Length, shape.Length), batch.Prediction(row));
        }
    }

    private TextStates Encode(string text) => _model.TextEncoder.Encode(_model.TextEncoder.Tokenizer.Encode(text), default);

    private static SafeTensorsFile Load(string name) => SafeTensorsFile.Load(Fixture.Locate("shapes", $"{name}.safetensors"));

    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance = Tolerance) =>
        DdimFixture.AssertClose(expected, actual, tolerance, "network");
}
