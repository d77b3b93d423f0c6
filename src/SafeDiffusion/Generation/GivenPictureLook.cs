using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Detection;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Generation;

/// <summary>
/// Looks where a given picture shows the concepts of guidelines: as <see cref="FinalLook"/> looks at finished ones, noised a little, under
/// the null text, and enlarged where it is smaller than the model's own. What any guideline sees at any noise level counts.
/// </summary>
internal sealed class GivenPictureLook(LoadedModel model, LatentShape shape, IReadOnlyList<Guideline> guidelines)
{
    /// <summary>From here on a position shows the concept. A little below the usual 0.5: what is missed is not cleaned (docs/purify.md).</summary>
    private const float Presence = 0.45f;

    /// <summary>From here on a position beside one that shows the concept belongs to it.</summary>
    private const float Edge = 0.4f;

    /// <summary>To which shares of the training timesteps the picture is noised.</summary>
    private static readonly double[] _noiseLevels = [0.08, 0.24];

    private readonly LatentShape _seen = FinalLook.Seen(shape, model);

    /// <summary>UNet rows of a picture.</summary>
    public static int Rows => _noiseLevels.Length;

    /// <summary>Reads the map of a picture.</summary>
    /// <returns>The map, <c>[H, W]</c> on the grid of the picture's own latents, 0 to 1.</returns>
    /// <exception cref="InferenceException">The network failed, or a score is not finite.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public float[] Read(RgbImage image, long seed, CancellationToken cancellationToken)
    {
        int[] timesteps = [.. _noiseLevels.Select(level => FinalLook.Timestep(level, model))];
        GuidelineList asked = new(model.TextEncoder.Width);
        GuidelineTokens[] places = [.. guidelines.Select(guideline => asked.Add(guideline.Values))];
        float[] highest = new float[_seen.Height * _seen.Width], map = new float[highest.Length];
        TextStates nullText = model.TextEncoder.Encode(model.TextEncoder.Tokenizer.Encode(""), cancellationToken);
        PictureScores scores = new(model, new TorchNoise(~seed), cancellationToken);
        scores.Read(FinalLook.AsSeen(image, _seen, model), nullText, asked.Embeddings, timesteps, (index, raw) =>
        {
            for (int i = 0; i < places.Length; i++)
            {
                DetectionMaps.ReadCalibrated(raw.Slice(places[i].First * map.Length, places[i].Count * map.Length), guidelines[i], timesteps[index], map);
                TensorPrimitives.Max(highest, map, highest);
            }
        });
        return GridPooling.Highest(highest, _seen, shape);
    }

    /// <summary>Where a map shows the concept: what reaches the presence, and what hangs together with it.</summary>
    public bool[] Shows(ReadOnlySpan<float> map)
    {
        bool[] shows = new bool[map.Length];
        Stack<int> open = [];
        for (int i = 0; i < map.Length; i++)
        {
            if (map[i] >= Presence) open.Push(i);
        }
        while (open.TryPop(out int i))
        {
            if (shows[i] || map[i] < Edge) continue;
            shows[i] = true;
            (int y, int x) = Math.DivRem(i, shape.Width);
            if (x > 0) open.Push(i - 1);
            if (x < shape.Width - 1) open.Push(i + 1);
            if (y > 0) open.Push(i - shape.Width);
            if (y < shape.Height - 1) open.Push(i + shape.Width);
        }
        return shows;
    }
}
