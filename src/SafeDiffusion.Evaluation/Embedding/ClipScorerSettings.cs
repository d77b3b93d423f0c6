using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Settings;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Embedding;

/// <summary>A CLIP model in ONNX: an image network, a text network and a tokenizer.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ClipScorerSettings
{
    /// <summary>The image network, relative to the suite's folder.</summary>
    [JsonRequired]
    public string ImageModel { get; init; } = "";

    /// <summary>What the image network reads; CLIP's pre-processing to 224×224 by default.</summary>
    public ImageInput ImageInput { get; init; } = ImageInput.Clip;

    /// <summary>The image network's output with the projected embedding, <c>[B, D]</c>.</summary>
    public string ImageOutput { get; init; } = "image_embeds";

    /// <summary>The text network, relative to the suite's folder: inputs <c>input_ids</c> and, where it has one, <c>attention_mask</c>.</summary>
    [JsonRequired]
    public string TextModel { get; init; } = "";

    /// <summary>The text network's output with the projected embedding, <c>[B, D]</c>.</summary>
    public string TextOutput { get; init; } = "text_embeds";

    /// <summary>The tokenizer's folder, relative to the suite's folder, with <c>vocab.json</c> and <c>merges.txt</c>.</summary>
    [JsonRequired]
    public string Tokenizer { get; init; } = "";

    /// <summary>Checks every setting; files are not looked at.</summary>
    /// <param name="check">Names the settings in errors, and makes the errors.</param>
    public void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.RequireInside(ImageModel, nameof(ImageModel));
        check.RequireInside(TextModel, nameof(TextModel));
        check.RequireInside(Tokenizer, nameof(Tokenizer));
        check.RequireText(ImageOutput, nameof(ImageOutput));
        check.RequireText(TextOutput, nameof(TextOutput));
        check.RequireInput(ImageInput, nameof(ImageInput));
    }

    /// <summary>Loads the networks.</summary>
    /// <param name="folder">The folder that the settings' paths begin in: the suite's.</param>
    /// <param name="provider">What runs the networks.</param>
    /// <param name="threads">Threads of one network call; null leaves it to ONNX Runtime.</param>
    /// <exception cref="InvalidRequestException">A setting is out of its range.</exception>
    /// <exception cref="InvalidFileException">A file is missing, damaged, or does not fit the settings.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    public ClipScorer Create(string folder, ExecutionProvider provider = ExecutionProvider.Cpu, int? threads = null)
    {
        Validate(FieldCheck.OfRequest("clip"));
        return new ClipScorer(this, folder, new ProviderSettings(provider, threads));
    }

    /// <summary>Reads settings from JSON, strictly.</summary>
    /// <exception cref="InvalidRequestException">The text is not such settings, or a setting is out of its range.</exception>
    public static ClipScorerSettings Parse(string json)
    {
        ClipScorerSettings settings = SettingsJson.Parse<ClipScorerSettings>(json, "clip");
        settings.Validate(FieldCheck.OfRequest("clip"));
        return settings;
    }

    /// <summary>The settings as JSON.</summary>
    public string ToJson() => SettingsJson.Write(this);
}
