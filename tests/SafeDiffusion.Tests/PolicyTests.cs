using SafeDiffusion.Guidance.ClassifierFree;
using SafeDiffusion.Guidance.SafeLatent;

namespace SafeDiffusion;

/// <summary>Formula layer: a policy in code and in JSON, and what is refused.</summary>
public sealed class PolicyTests
{
    [Fact]
    public void JsonAndCodeGiveTheSamePolicy()
    {
        SafetyPolicy code = SafetyPolicy.Empty
            .AddSafeLatent("a red triangle", SafeLatentPreset.Strong)
            .AddSafeLatent(new SafeLatentGuidance { Concept = "a ring", Preset = SafeLatentPreset.Max, WarmupSteps = 3, Scale = 70 })
            .AddNegativePrompt("a green star");
        SafetyPolicy json = SafetyPolicy.Parse("""
            {
              "version": 1,
              "protections": [
                { "method": "safe-latent", "concept": "a red triangle", "preset": "strong" },
                { "concept": "a ring", "method": "safe-latent", "preset": "max", "warmupSteps": 3, "scale": 70 },
                { "method": "negative-prompt", "text": "a green star" }
              ]
            }
            """);
        Assert.Equal(code.Protections.AsEnumerable(), json.Protections);
        Assert.Equal(code.Protections.AsEnumerable(), SafetyPolicy.Parse(code.ToJson()).Protections);
        Assert.Equal(new SafeLatentSettings(3, 70, 1, 0.5f, 0.7f), ((SafeLatentGuidance)json.Protections[1]).Settings);
    }

    [Fact]
    public void DescribeSaysWhatIsOn()
    {
        string text = SafetyPolicy.Empty.AddSafeLatent("a red triangle", SafeLatentPreset.Strong).AddNegativePrompt("a star").Describe();
        Assert.Contains("a red triangle", text, StringComparison.Ordinal);
        Assert.Contains("steps 7 on", text, StringComparison.Ordinal);
        Assert.Contains("negative prompt \"a star\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ThePolicyIsImmutable()
    {
        SafetyPolicy policy = SafetyPolicy.Empty.AddSafeLatent("a star");
        policy.AddNegativePrompt("a ring");
        Assert.Single(policy.Protections);
        Assert.Empty(SafetyPolicy.Empty.Protections);
    }

    [Theory]
    [InlineData("""{ "version": 1, "protections": [ { "method": "safe-latent", "preset": "mild" } ] }""", "protections[0].preset")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "safe-latent", "scal": 2 } ] }""", "protections[0].scal")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "safe-latent", "scale": 1 } ] }""", "protections[0].scale")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "safe-latent", "scale": "9" } ] }""", "protections[0].scale")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "safe-latent", "warmupSteps": -1 } ] }""", "protections[0].warmupSteps")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "safe-latent", "momentumDecay": 1 } ] }""", "protections[0].momentumDecay")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "safe-latent", "concept": " " } ] }""", "protections[0].concept")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "safe-latent", "concept": null } ] }""", "protections[0].concept")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "negative-prompt", "text": "a" }, { "method": "negative-prompt", "text": "b" } ] }""", "protections[1]")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "magic" } ] }""", "protections[0].method")]
    [InlineData("""{ "version": 1, "protections": [ { } ] }""", "protections[0].method")]
    [InlineData("""{ "version": 1, "protections": [ null ] }""", "protections[0]")]
    [InlineData("""{ "version": 1, "protections": [], "more": 1 }""", "more")]
    [InlineData("""{ "version": 2, "protections": [] }""", "version")]
    [InlineData("""{ "version": 1, "version": 1, "protections": [] }""", "version")]
    [InlineData("""{ "protections": [] }""", "$")]
    [InlineData("""null""", "$")]
    [InlineData("""[]""", "$")]
    [InlineData("""{ "version": 1, """, "$")]
    public void ErrorsNameTheFieldByItsPath(string json, string path)
    {
        InvalidPolicyException error = Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Parse(json));
        Assert.Equal(path, error.Path);
    }

    [Fact]
    public void AnUnknownMethodNamesTheKnownOnes()
    {
        InvalidPolicyException error = Assert.Throws<InvalidPolicyException>(
            () => SafetyPolicy.Parse("""{ "version": 1, "protections": [ { "method": "magic" } ] }"""));
        Assert.Contains(SafeLatentGuidance.MethodName, error.Message, StringComparison.Ordinal);
        Assert.Contains(NegativePromptProtection.MethodName, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CodeIsCheckedLikeJson()
    {
        Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddSafeLatent("a star", (SafeLatentPreset)9));
        Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddSafeLatent(new SafeLatentGuidance { Threshold = float.NaN }));
        Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddNegativePrompt(""));
    }

    [Fact]
    public void AMissingPolicyFileIsNamed() =>
        Assert.Equal("no-such-policy.json", Assert.Throws<InvalidFileException>(() => SafetyPolicy.Load("no-such-policy.json")).File);
}
