using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>What makes a judge, as a suite's file says it. <c>type</c> tells which kind it is.</summary>
/// <remarks>The kinds are those of a <see cref="JudgeCatalogue"/>; a kind of your own is a record derived from this one, and <see cref="JudgeCatalogue.Add"/>.</remarks>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public abstract record JudgeSettings
{
    /// <summary>The judge's name in the suite; not empty.</summary>
    [JsonRequired]
    public string Name { get; init; } = "";

    /// <summary>Checks every setting; files are not looked at.</summary>
    /// <param name="check">Names the settings in errors, and makes the errors.</param>
    public virtual void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.RequireText(Name, nameof(Name));
    }

    /// <summary>Makes the judge, and loads its network where it has one.</summary>
    /// <param name="folder">The folder that the settings' paths begin in: the suite's.</param>
    /// <param name="provider">What runs the network.</param>
    /// <param name="threads">Threads of one network call; null leaves it to ONNX Runtime.</param>
    /// <exception cref="InvalidRequestException">A setting is out of its range, or a path leaves the folder.</exception>
    /// <exception cref="InvalidFileException">A file is missing, damaged, or does not fit the settings.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    public abstract IImageJudge Create(string folder, ExecutionProvider provider = ExecutionProvider.Cpu, int? threads = null);
}
