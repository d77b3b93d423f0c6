using FsCheck;
using FsCheck.Fluent;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph: whatever happens to a file's bytes, only our own errors come out.</summary>
public sealed class DamageTests
{
    [Theory]
    [InlineData(Writing.Plain, 1500)]
    [InlineData(Writing.MultiHeadWithBias, 1000)]
    [InlineData(Writing.OperatorFourDimensions, 1000)]
    [InlineData(Writing.HalvedGrid, 1000)]
    public void Damage_to_a_small_graph_gives_only_our_errors(Writing writing, int count) => Check(new MiniUNet(writing).Build().ToBytes(), count);

    [Theory]
    [InlineData("legacy14-sdpa")]
    [InlineData("fused-packed")]
    public void Damage_to_an_exported_graph_gives_only_our_errors(string name) => Check(File.ReadAllBytes(GraphFixtures.Model(name)), 100);

    private static void Check(byte[] original, int count)
    {
        Gen<(int, int, byte, int)> change = from kind in Gen.Choose(0, 3)
                                            from place in Gen.Choose(0, original.Length - 1)
                                            from value in Gen.Choose(0, 255)
                                            from length in Gen.Choose(1, 12)
                                            select (kind, place, (byte)value, length);
        Gen<(int, int, byte, int)[]> changes = from number in Gen.Choose(1, 4) from list in Gen.ArrayOf(change, number) select list;
        Config config = Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(7, 11);
        FsCheck.Check.One(config, Prop.ForAll(changes.ToArbitrary(), list => Survives(list.Aggregate(original, Changed))));
    }

    private static byte[] Changed(byte[] bytes, (int Kind, int Place, byte Value, int Length) change)
    {
        if (bytes.Length == 0)
            return bytes;
        int place = change.Place % bytes.Length;
        int end = Math.Min(place + change.Length, bytes.Length);
        return change.Kind switch
        {
            0 => [.. bytes[..place], change.Value, .. bytes[(place + 1)..]],
            1 => [.. bytes[..place], .. bytes[end..]],
            2 => [.. bytes[..end], .. bytes[place..]],
            _ => bytes[..Math.Max(place, bytes.Length / 2)],
        };
    }

    private static void Survives(byte[] bytes)
    {
        try
        {
            OnnxModelFile model = new("damaged.onnx", ModelParser.Read("damaged.onnx", bytes));
            ExternalData.CheckPaths("damaged.onnx", model.Proto);
            ExternalData.CheckPresence("damaged.onnx", model.Proto);
            _ = model.Exporter;
            UNetInstrumentation.Instrument(model, AttentionFeatures.All, LayerSelection.All).ToBytes();
        }
        catch (SafeDiffusionException error)
        {
            Assert.NotEmpty(error.Message);
        }
    }
}
