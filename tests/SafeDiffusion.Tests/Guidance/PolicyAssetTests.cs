using SafeDiffusion.Core.Errors;
using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Methods.DetectAndGuide;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Guidance;

/// <summary>Formula layer: the files that a policy names lie in its folder.</summary>
public sealed class PolicyAssetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PolicyAssetTests()
    {
        Directory.CreateDirectory(_folder.File("policies/guidelines"));
        Made().Save(_folder.File("policies/guidelines/a.safetensors"));
        Made().Save(_folder.File("outside.safetensors"));
    }

    private string Policies => _folder.File("policies");

    [Fact]
    public void AFileIsFoundBesideThePolicyAndNamedByItAgain()
    {
        string path = _folder.File("policies/policy.json");
        File.WriteAllText(path, Json("guidelines/a.safetensors"));
        SafetyPolicy policy = SafetyPolicy.Load(path);
        Guideline guideline = Assert.IsType<DetectionGuidance>(policy.Protections.Single()).Guideline;
        Assert.Equal(Made().Hash, guideline.Hash);
        Assert.Contains("\"guidelines/a.safetensors\"", policy.ToJson(Policies), StringComparison.Ordinal);
        Assert.Contains("\"a.safetensors\"", policy.ToJson(_folder.File("policies/guidelines")), StringComparison.Ordinal);
        Assert.Equal(guideline.Hash, SafetyPolicy.Parse(policy.ToJson(Policies), Policies).Protections[0].Requirements.Assets[0].Asset.Hash);
        Assert.Throws<NotSupportedException>(() => policy.ToJson(_folder.File("elsewhere")));
    }

    [Theory]
    [InlineData("../outside.safetensors", "lies outside")]
    [InlineData("guidelines/../../outside.safetensors", "lies outside")]
    [InlineData("..\\outside.safetensors", "lies outside")]
    [InlineData("/outside.safetensors", "absolute")]
    [InlineData("C:outside.safetensors", "absolute")]
    [InlineData("a\u0000b", "not a usable path")]
    [InlineData("", "must be the path")]
    public void APathMustStayInThePolicysFolder(string path, string expected)
    {
        InvalidPolicyException error = Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Parse(Json(path), Policies));
        Assert.Equal("protections[0].guideline", error.Path);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALinkMustNotLeadOutOfThePolicysFolder()
    {
        if (OperatingSystem.IsWindows()) return;
        File.CreateSymbolicLink(_folder.File("policies/link.safetensors"), _folder.File("outside.safetensors"));
        InvalidPolicyException error = Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Parse(Json("link.safetensors"), Policies));
        Assert.Contains("through a link", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APolicysFolderMayItselfBeALink()
    {
        if (OperatingSystem.IsWindows()) return;
        Directory.CreateSymbolicLink(_folder.File("link"), Policies);
        SafetyPolicy policy = SafetyPolicy.Parse(Json("guidelines/a.safetensors"), _folder.File("link"));
        Assert.Contains("\"guidelines/a.safetensors\"", policy.ToJson(_folder.File("link")), StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingFileIsNamed() => Assert.Contains(
        "absent.safetensors", Assert.Throws<InvalidFileException>(() => SafetyPolicy.Parse(Json("absent.safetensors"), Policies)).Message, StringComparison.Ordinal);

    [Fact]
    public void AGuidelineInMemoryHasNoName()
    {
        SafetyPolicy policy = SafetyPolicy.Empty.AddDetectAndGuide(new DetectionGuidance { Guideline = Made() });
        Assert.Contains("in memory", Assert.Throws<NotSupportedException>(() => policy.ToJson()).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static Guideline Made() => new(
        new AssetIdentity { Concept = "a red triangle", BaseModelHash = "none", Tool = "test" }, [1], 1, [], LayerSelection.Detection, [new(0, 0, 1)]);

    private static string Json(string path) =>
        $$"""{ "version": 1, "protections": [ { "method": "detect-and-guide", "guideline": {{System.Text.Json.JsonSerializer.Serialize(path)}} } ] }""";
}
