using System.Runtime.InteropServices;
using SafeDiffusion.Fixtures;
using TorchSharp;

namespace SafeDiffusion.FineTuning.Native;

/// <summary>Model layer: libtorch loads on this system, in a copy where it must be.</summary>
public sealed class AutogradLibraryTests
{
    private static readonly string _library = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");

    [Fact]
    public void TensorsComputeAndGradientsFlow()
    {
        AutogradLibrary.Load();
        AutogradLibrary.Load();
        using torch.Tensor x = torch.tensor(new double[] { 1, 2, 3 }, requires_grad: true);
        (x * x).sum().backward();
        Assert.Equal([2, 4, 6], x.grad!.data<double>().ToArray());
    }

    [Fact]
    public void ACopyDiffersInOneByteIsMadeOnceAndIsMadeAnewWhereItIsDamaged()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64) return;
        using TemporaryFolder folder = new();
        string copy = CompatibleCopy.Of(_library, folder.Path);
        byte[] made = File.ReadAllBytes(copy);
        Assert.Single(File.ReadAllBytes(_library).Index(), pair => made[pair.Index] != pair.Item);

        DateTime first = File.GetLastWriteTimeUtc(copy);
        Assert.Equal(copy, CompatibleCopy.Of(_library, folder.Path));
        Assert.Equal(first, File.GetLastWriteTimeUtc(copy));

        File.WriteAllBytes(copy, [.. made[..1000]]);
        CompatibleCopy.Of(_library, folder.Path);
        Assert.Equal(made, File.ReadAllBytes(copy));
    }

    [Fact]
    public void AnUnknownLibraryIsRefused()
    {
        using TemporaryFolder folder = new();
        string stranger = Path.Combine(folder.Path, "libLibTorchSharp.so");
        File.WriteAllText(stranger, "no library");
        AutogradNotAvailableException error = Assert.Throws<AutogradNotAvailableException>(() => CompatibleCopy.Of(stranger, folder.Path));
        Assert.Contains("TorchSharp 0.107.0", error.Message, StringComparison.Ordinal);
        Assert.Equal([stranger], Directory.GetFileSystemEntries(folder.Path));
    }
}
