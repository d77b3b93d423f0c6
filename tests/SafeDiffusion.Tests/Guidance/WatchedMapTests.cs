using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Methods.DetectAndRedraw;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Guidance;

/// <summary>Formula layer: the map of what detect-and-redraw watches, which is made only for those who read it.</summary>
public sealed class WatchedMapTests : IDisposable
{
    private static readonly LatentShape _shape = new(4, 8, 8);
    private static readonly ClipTokenizer _tokenizer = ClipTokenizer.Load(Path.Combine(Fixture.ShapesModel, "tokenizer"));

    private readonly FakePredictions _predictions = new(_shape.Length, 2, 64);
    private readonly ProtectionContext _context = FakePredictions.Context(_shape, 3, 5, 1000, 900, 600, 100);
    private readonly RedrawingState _state;

    public WatchedMapTests()
    {
        AssetIdentity identity = new() { Concept = "red triangle", BaseModelHash = "none", Tool = "test" };
        Guideline guideline = new(identity, [1], 1, [], LayerSelection.Detection, [new(0, 1, 3), new(500, 2, 4), new(700, 1, 5)])
        {
            Redrawing = new([new(700, 9), new(500, 7)], [new(800, 5)]),
            Instead = "a green star",
        };
        _state = new DetectionRedrawing { Guideline = guideline }.Begin(_context, new(_tokenizer.Encode("a cat"), []));
    }

    public void Dispose() => _predictions.Dispose();

    [Fact]
    public void ItIsThatOfTheLastStepWhoeverReadsItAndWhenever()
    {
        ConceptPresence presence = Assert.Single(_context.Presences);
        Assert.All(presence.Map.ToArray(), value => Assert.Equal(0, value));

        // No threshold yet: the guideline's own band, 1 to 5.
        Assert.Equal(0.5f, Watch(0, 900, 3).Detection.Maximum);
        Assert.Equal(0.5f, presence.Map[9]);
        // A threshold of 8 reads 0.5, the floor of the band 0.
        WatchOutcome below = Watch(1, 600, 5);
        _predictions.Predictions.Clear();
        Assert.Equal(((5f - 2) / 12, 0f), (presence.Map[9], presence.Map[10]));
        Assert.Equal(presence.Map.ToArray(), _state.DetectionMap.ToArray());
        Assert.Equal((presence.Map[9], 0f, false), (below.Detection.Maximum, below.Detection.Area, presence.HasShown));
        // Though it was read before.
        WatchOutcome shows = Watch(2, 100, 8);
        Assert.Equal(7f / 12, presence.Map[9], 1e-6f);
        Assert.Equal((presence.Map[9], 2 / 64f, true, true), (shows.Detection.Maximum, shows.Detection.Area, presence.HasShown, shows.Redraws));
    }

    [Fact]
    public void OneScoreReadsAsItDoesInAMap()
    {
        Random random = new(5);
        for (int i = 0; i < 1000; i++)
        {
            float floor = (float)random.NextDouble() * 4 - 2;
            CalibrationBand band = new(0, floor, floor + 0.01f + (float)random.NextDouble());
            float score = i % 10 == 0 ? band.Floor : (float)random.NextDouble() * 6 - 3;
            float[] map = [score];
            DetectionMaps.CalibrateInPlace(map, band);
            Assert.Equal(BitConverter.SingleToInt32Bits(map[0]), BitConverter.SingleToInt32Bits(DetectionMaps.Calibrate(score, band)));
        }
    }

    /// <summary>Watches a step in which two cells of 64 have a score and all others -1.</summary>
    private WatchOutcome Watch(int step, int timestep, float score)
    {
        _predictions.Set(new float[_shape.Length], new float[_shape.Length]);
        _predictions.Scores = [.. Enumerable.Range(0, 64).Select(cell => cell is 9 or 20 ? score : -1)];
        return _state.Watch(new(step, timestep, 3), _predictions.Predictions);
    }
}
