using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Model;

namespace SafeDiffusion.Generation;

/// <summary>Keeps the latents of every step, for comparison with another program.</summary>
internal sealed class LatentsRecorder
{
    private readonly IReadOnlyList<PictureDenoising> _pictures;
    private readonly LatentShape _shape;
    private readonly float[] _initial;
    private readonly float[] _steps;

    public LatentsRecorder(IReadOnlyList<PictureDenoising> pictures, LatentShape shape, int steps)
    {
        _pictures = pictures;
        _shape = shape;
        _initial = new float[pictures.Count * shape.Length];
        _steps = new float[checked(steps * _initial.Length)];
        for (int i = 0; i < pictures.Count; i++) pictures[i].Latents.CopyTo(_initial.AsSpan(i * shape.Length));
    }

    /// <summary>Records the latents after a step, of those pictures that are in a pass; what is begun again is written over.</summary>
    public void Record(int step, DenoisingPass pass)
    {
        for (int i = 0; i < _pictures.Count; i++)
        {
            if (pass.Pictures.Contains(_pictures[i])) _pictures[i].Next.CopyTo(_steps.AsSpan((step * _pictures.Count + i) * _shape.Length));
        }
    }

    public GenerationLatents ToLatents() => new(ToTensor(_initial), ToTensor(_steps), ToTensor(_steps.AsSpan(_steps.Length - _initial.Length)));

    private StoredTensor ToTensor(ReadOnlySpan<float> values) =>
        StoredTensor.FromSingles(values, values.Length / _shape.Length, _shape.Channels, _shape.Height, _shape.Width);
}
