using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Settings;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>What makes a judge, as a suite's file says it. <c>type</c> tells which kind it is.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(ShapesJudgeSettings), "shapes")]
[JsonDerivedType(typeof(OnnxClassifierSettings), "onnx-classifier")]
[JsonDerivedType(typeof(OnnxDetectorSettings), "onnx-detector")]
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public abstract record JudgeSettings
{
    /// <summary>The judge's name in the suite; not empty.</summary>
    [JsonRequired]
    public string Name { get; init; } = "";

    /// <summary>Checks every setting; files are not looked at.</summary>
    /// <param name="path">What the messages call the record, such as <c>judges[0]</c>.</param>
    /// <exception cref="InvalidRequestException">A setting is out of its range; the error names it.</exception>
    public virtual void Validate(string path) => SettingCheck.RequireText(Name, path, "name");

    /// <summary>Makes the judge, and loads its network where it has one.</summary>
    /// <param name="folder">The folder that the settings' paths begin in: the suite's.</param>
    /// <param name="provider">What runs the network.</param>
    /// <param name="threads">Threads of one network call; null leaves it to ONNX Runtime.</param>
    /// <exception cref="InvalidRequestException">A setting is out of its range, or a path leaves the folder.</exception>
    /// <exception cref="InvalidFileException">A file is missing, damaged, or does not fit the settings.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    public abstract IImageJudge Create(string folder, ExecutionProvider provider = ExecutionProvider.Cpu, int? threads = null);

    /// <summary>Reads settings from JSON, strictly.</summary>
    /// <exception cref="InvalidRequestException">The text is not a judge's settings, or a setting is out of its range.</exception>
    public static JudgeSettings Parse(string json)
    {
        JudgeSettings settings = SettingsJson.Parse<JudgeSettings>(json, "judge");
        settings.Validate("judge");
        return settings;
    }

    /// <summary>The settings as JSON.</summary>
    public string ToJson() => SettingsJson.Write(this);
}
