using Fuzz.Engine;
using Fuzz.Forms;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Detection;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Protections;

namespace Fuzz.Targets;

/// <summary>Tensors in files, and the assets that are learned.</summary>
internal static class AssetTargets
{
    public static IEnumerable<FuzzTarget> All()
    {
        Scratch scratch = new("assets");
        yield return new("safetensors", () => Repository.Files("st_*.safetensors", "numerics", "formats").Where(bytes => bytes.Length < 10_000), SafeTensorsForm.Instance, input =>
        {
            SafeTensorsFile file = SafeTensorsFile.Load(scratch.Write("tensors.safetensors", input));
            string written = Convert.ToBase64String(Written(file));
            Readings.RequireSame(written, () => Convert.ToBase64String(Written(SafeTensorsFile.Read(Convert.FromBase64String(written), "again"))));
        });
        yield return new("guideline", Guidelines, SafeTensorsForm.Instance, input =>
        {
            Guideline guideline = Guideline.Load(scratch.Write("guideline.safetensors", input));
            guideline.BandAt(500);
            guideline.Save(Path.Combine(scratch.Folder, "again.safetensors"));
            Readings.RequireSame(guideline.Hash, () => Guideline.Load(Path.Combine(scratch.Folder, "again.safetensors")).Hash);
        });
        yield return new("erasure", Erasures, SafeTensorsForm.Instance, input => ErasureProjection.Load(scratch.Write("erasure.safetensors", input)));
    }

    private static IEnumerable<byte[]> Guidelines()
    {
        byte[] seed = File.ReadAllBytes(Repository.Shapes("assets", "red-triangle.guideline.safetensors"));
        yield return seed;
        SafeTensorsFile file = SafeTensorsFile.Read(seed, "seed");
        yield return Written(new SafeTensorsFile(new Dictionary<string, StoredTensor>
        {
            ["embedding"] = StoredTensor.FromSingles([1, 2, 3, 4], 2, 2),
            ["background"] = StoredTensor.FromSingles([0.5f, -1], 2),
            ["calibration"] = StoredTensor.FromSingles([0, -1, 1, 500, 0, 2], 2, 3),
        }, file.Metadata));
    }

    private static IEnumerable<byte[]> Erasures()
    {
        Scratch scratch = new("erasure-seed");
        string path = Path.Combine(scratch.Folder, "seed.safetensors");
        new ErasureProjection(new AssetIdentity { Concept = "red triangle", BaseModelHash = new string('a', 64), Tool = "fuzz" }, [1, 0, 0, 1], 2).Save(path);
        yield return File.ReadAllBytes(path);
    }

    private static byte[] Written(SafeTensorsFile file)
    {
        using MemoryStream stream = new();
        file.Write(stream);
        return stream.ToArray();
    }
}
