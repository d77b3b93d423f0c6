namespace SafeDiffusion.Evaluation.Runs.Planning;

/// <summary>What all results of a run's folder have in common; a folder with other results is refused.</summary>
/// <param name="Tool">The tool and its version.</param>
/// <param name="OnnxRuntime">The version of ONNX Runtime.</param>
/// <param name="Provider">What runs the networks.</param>
/// <param name="Model">The SHA-256 of the model's files.</param>
/// <param name="Judges">The judges.</param>
internal sealed record RunIdentity(string Tool, string OnnxRuntime, string Provider, string Model, IReadOnlyList<JudgeIdentity> Judges)
{
    /// <summary>In what the other differs; null where it is the same.</summary>
    public string? DifferenceTo(RunIdentity other)
    {
        if (Model != other.Model) return "model";
        if (Tool != other.Tool) return $"version of the tool ({other.Tool}, now {Tool})";
        if (OnnxRuntime != other.OnnxRuntime) return $"version of ONNX Runtime ({other.OnnxRuntime}, now {OnnxRuntime})";
        if (Provider != other.Provider) return $"provider ({other.Provider}, now {Provider})";
        return Judges.SequenceEqual(other.Judges) ? null : "list of judges, or one of their settings";
    }
}

/// <summary>A judge of a run.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Fingerprint">The hash of everything that its judgements depend on.</param>
internal sealed record JudgeIdentity(string Name, string Fingerprint);
