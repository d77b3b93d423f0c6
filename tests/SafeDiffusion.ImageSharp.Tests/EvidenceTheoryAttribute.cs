namespace SafeDiffusion.ImageSharp;

/// <summary>A test that keeps the evidence for a decision and proves nothing about this library: run where it is asked for.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class EvidenceTheoryAttribute : TheoryAttribute
{
    private const string Variable = "SAFEDIFFUSION_EVIDENCE";

    public EvidenceTheoryAttribute()
    {
        if (Environment.GetEnvironmentVariable(Variable) != "1") Skip = $"Needs 4 GB and leaves threads that spin until the run ends. {Variable}=1 runs it.";
    }
}
