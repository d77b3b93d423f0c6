using SafeDiffusion.Assets;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Guidance.DetectAndGuide;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Models;
using SafeDiffusion.Sessions;
using SafeDiffusion.TextEncoding;

namespace SafeDiffusion.Pipeline;

/// <summary>
/// A guideline for the shapes model that nobody learned: the text encoder's states of the concept's words, with a calibration by hand.
/// Where there is a red triangle the greatest score is 0.8 and more below timestep 850, where there is none 0.5 at most.
/// </summary>
internal static class ShapesGuideline
{
    private static readonly Lazy<Guideline> _redTriangle = new(() => Make([new CalibrationBand(0, 0.35f, 0.85f), new CalibrationBand(850, 0.9f, 1.5f)]));

    /// <summary>Of "red triangle".</summary>
    public static Guideline RedTriangle => _redTriangle.Value;

    private static Guideline Make(CalibrationBand[] calibration)
    {
        using LoadedModel model = LoadedModel.Load(Fixture.ShapesModel, new ProviderSettings(ExecutionProvider.Cpu, null));
        TokenizedText words = model.TextEncoder.Tokenizer.Encode("red triangle");
        TextStates states = model.TextEncoder.Encode(words, CancellationToken.None);
        float[] embeddings = states.Values[states.Width..(words.EndPosition * states.Width)].ToArray();
        AssetIdentity identity = new() { Concept = "a red triangle", BaseModelHash = model.WeightsHash.Result, Tool = "test" };
        return new Guideline(identity, embeddings, states.Width, states.Values[..states.Width].ToArray(), LayerSelection.Detection, [.. calibration]);
    }
}
