using SafeDiffusion.Core.Errors;
using SafeDiffusion.Methods.NegativePrompt;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Methods.Semantic;
using SafeDiffusion.Methods.SurgicalErasing;
using SafeDiffusion.Methods.Trajectory;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

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
    public void ListsOfConceptsAreTheSameInJsonAndCode()
    {
        SafetyPolicy code = SafetyPolicy.Empty
            .AddSemantic(new SemanticGuidance
            {
                Concepts =
                [
                    new() { Text = "a red triangle", Scale = 7, CooldownSteps = 20 },
                    new() { Text = "a ring", Direction = SemanticDirection.Toward, Threshold = 0.95f, WarmupSteps = 3, Weight = 0.5f },
                ],
                MomentumScale = 0.3f,
            })
            .AddSurgicalErasing(new SurgicalErasingGuidance { Instructions = [new() { Text = "a star" }, new() { Text = "a ring", Scale = 6.5f, LowestTimestep = 0.2 }] })
            .AddTrajectorySteering(new TrajectorySteering { Concept = "a star", SafeText = "a ring", Strength = 0.25f });
        SafetyPolicy json = SafetyPolicy.Parse("""
            {
              "$schema": "policy.schema.json",
              "version": 1,
              "protections": [
                {
                  "method": "semantic",
                  "concepts": [
                    { "text": "a red triangle", "scale": 7, "cooldownSteps": 20 },
                    { "text": "a ring", "direction": "toward", "threshold": 0.95, "warmupSteps": 3, "weight": 0.5 }
                  ],
                  "momentumScale": 0.3
                },
                { "method": "surgical-erasing", "instructions": [ { "text": "a star" }, { "text": "a ring", "scale": 6.5, "lowestTimestep": 0.2 } ] },
                { "method": "trajectory-steering", "concept": "a star", "safeText": "a ring", "strength": 0.25 }
              ]
            }
            """);
        Assert.Equal(code.Protections.AsEnumerable(), json.Protections);
        Assert.Equal(code.Protections.Select(protection => protection.GetHashCode()), json.Protections.Select(protection => protection.GetHashCode()));
        Assert.Equal(code.Protections.AsEnumerable(), SafetyPolicy.Parse(code.ToJson()).Protections);
        Assert.NotEqual(code.Protections[0], SafetyPolicy.Empty.AddSemantic("a red triangle").Protections[0]);
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
    [InlineData("""{ "version": 1, "protections": [ { "method": "semantic", "concepts": [ { "text": "a" }, { "text": "b", "threshold": 1.1 } ] } ] }""", "protections[0].concepts[1].threshold")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "semantic", "concepts": [ { "text": "a" }, { "text": "b", "threshold": null } ] } ] }""", "protections[0].concepts[1].threshold")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "semantic", "concepts": [ { "text": "a" }, { "text": "b", "direction": "up" } ] } ] }""", "protections[0].concepts[1].direction")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "semantic", "concepts": [ { "text": "a" }, { "text": "b", "scale": 0 } ] } ] }""", "protections[0].concepts[1].scale")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "semantic", "concepts": [ { "text": "a" }, { "text": "b", "warmupSteps": -1 } ] } ] }""", "protections[0].concepts[1].warmupSteps")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "semantic", "concepts": [ { "text": "a" }, { "text": "b", "warmupSteps": 5, "cooldownSteps": 5 } ] } ] }""", "protections[0].concepts[1].cooldownSteps")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "semantic", "concepts": [ { "text": "a" }, { "text": "b", "weight": -1 } ] } ] }""", "protections[0].concepts[1].weight")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "semantic", "concepts": [ { "text": "a" }, { "text": "b", "wait": 1 } ] } ] }""", "protections[0].concepts[1].wait")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "semantic", "concepts": [ { "text": " " } ] } ] }""", "protections[0].concepts[0].text")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "semantic", "concepts": [ null ] } ] }""", "protections[0].concepts[0]")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "semantic", "concepts": [ ] } ] }""", "protections[0].concepts")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "semantic", "concepts": null } ] }""", "protections[0].concepts")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "semantic", "concepts": [ { "text": "a" } ], "momentumScale": 2 } ] }""", "protections[0].momentumScale")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "semantic", "concepts": [ { "text": "a" } ], "momentumDecay": 1 } ] }""", "protections[0].momentumDecay")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "surgical-erasing", "instructions": [ ] } ] }""", "protections[0].instructions")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "surgical-erasing", "instructions": [ { "text": "a", "scale": 0 } ] } ] }""", "protections[0].instructions[0].scale")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "surgical-erasing", "instructions": [ { "text": "a", "threshold": -1 } ] } ] }""", "protections[0].instructions[0].threshold")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "surgical-erasing", "instructions": [ { "text": "a", "warmupSteps": -1 } ] } ] }""", "protections[0].instructions[0].warmupSteps")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "surgical-erasing", "instructions": [ { "text": "a", "lowestTimestep": -0.1 } ] } ] }""", "protections[0].instructions[0].lowestTimestep")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "surgical-erasing", "instructions": [ { "text": "a", "lowestTimestep": 0.5, "highestTimestep": 0.4 } ] } ] }""", "protections[0].instructions[0].highestTimestep")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "surgical-erasing", "instructions": [ { "text": "a", "tokenFactor": 1 } ] } ] }""", "protections[0].instructions[0].tokenFactor")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "token-reweighting", "words": [ ] } ] }""", "protections[0].words")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "token-reweighting", "words": [ { "text": "a", "factor": -1 } ] } ] }""", "protections[0].words[0].factor")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "token-reweighting", "words": [ { "text": "a" } ], "startStep": 2, "endStep": 2 } ] }""", "protections[0].endStep")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "surgical-erasing", "instructions": [ { "text": "" } ] } ] }""", "protections[0].instructions[0].text")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "trajectory-steering", "concept": "a", "safeText": "b", "scale": 0 } ] }""", "protections[0].scale")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "trajectory-steering", "concept": "a", "safeText": "b", "strength": 0 } ] }""", "protections[0].strength")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "trajectory-steering", "concept": "a", "safeText": "b", "margin": -1 } ] }""", "protections[0].margin")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "trajectory-steering", "concept": "a", "safeText": "b", "until": 0 } ] }""", "protections[0].until")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "trajectory-steering", "concept": "", "safeText": "b" } ] }""", "protections[0].concept")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "trajectory-steering", "concept": "a", "safeText": "" } ] }""", "protections[0].safeText")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "trajectory-steering", "concept": "a", "safeText": "a" } ] }""", "protections[0].safeText")]
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
        Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddSemantic(""));
        Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddSemantic(new SemanticGuidance { Concepts = default }));
        Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddSurgicalErasing(new SurgicalErasingGuidance()));
        Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddTrajectorySteering("a star", "a star"));
    }

    [Fact]
    public void AMissingPolicyFileIsNamed() =>
        Assert.Equal("no-such-policy.json", Assert.Throws<InvalidFileException>(() => SafetyPolicy.Load("no-such-policy.json")).File);
}
