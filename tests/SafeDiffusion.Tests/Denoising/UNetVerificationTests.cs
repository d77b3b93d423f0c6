using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Verification;

namespace SafeDiffusion.Denoising;

/// <summary>Graph layer: verification against reference files agrees on every fixture that the CPU can run, and notices what is wrong.</summary>
public sealed class UNetVerificationTests
{
    public static TheoryData<string> Fixtures =>
        [.. Directory.EnumerateDirectories(Fixture.Locate("graphs")).Select(Path.GetFileName).OfType<string>().Where(name => name is not ("negative" or "make" or "fused-packed"))];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void EveryFixtureAgrees(string name)
    {
        VerificationReport report = UNetVerification.Run(Unet(name), Reference(name));
        Assert.True(report.Agrees, string.Join('\n', report.Comparisons));
        Assert.Equal(16, report.Comparisons.Count);
    }

    [Fact]
    public void AWrongReferenceIsNoticed()
    {
        using TemporaryFolder folder = new();
        SafeTensorsFile reference = SafeTensorsFile.Load(Reference("legacy14-sdpa"));
        StoredTensor scores = reference["detection_scores"];
        float[] values = scores.ToSingles();
        values[100] += 0.01f;
        Dictionary<string, StoredTensor> tensors = new(reference.Tensors) { ["detection_scores"] = StoredTensor.FromSingles(values, scores.Shape.AsSpan()) };
        new SafeTensorsFile(tensors, reference.Metadata).Save(folder.File("wrong.safetensors"));
        VerificationReport report = UNetVerification.Run(Unet("legacy14-sdpa"), folder.File("wrong.safetensors"));
        Assert.Equal(["detection_scores"], report.Comparisons.Where(comparison => !report.AgreesOn(comparison)).Select(comparison => comparison.Tensor));
    }

    [Fact]
    public void AReferenceWithNothingToCompareIsRefused()
    {
        using TemporaryFolder folder = new();
        new SafeTensorsFile(new Dictionary<string, StoredTensor> { ["sample"] = StoredTensor.FromSingles([0], 1, 1, 1, 1) }).Save(folder.File("empty.safetensors"));
        Assert.Throws<InvalidFileException>(() => UNetVerification.Run(Unet("legacy14-sdpa"), folder.File("empty.safetensors")));
    }

    [Fact]
    public void AToleranceMustBeAboveZero() =>
        Assert.Throws<InvalidRequestException>(() => UNetVerification.Run(Unet("legacy14-sdpa"), Reference("legacy14-sdpa"), tolerance: 0));

    private static string Unet(string name) => Fixture.Locate("graphs", name, "unet");

    private static string Reference(string name) => Fixture.Locate("graphs", name, "reference.safetensors");
}
