using SafeDiffusion.Policies;

namespace SafeDiffusion.Evaluation.Suites;

/// <summary>A policy that is measured: a row of the report.</summary>
/// <param name="Name">Its name, as in reports.</param>
/// <param name="Policy">The protections; none for the undefended pictures that the others are compared with.</param>
public sealed record SuitePolicy(string Name, SafetyPolicy Policy)
{
    /// <summary>Whether its pictures are those that the others are compared with.</summary>
    public bool IsUndefended => Policy.Protections.IsEmpty;
}
