using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;

namespace SafeDiffusion.Generation;

/// <summary>The latents of a generation, to compare it step for step with another program's.</summary>
/// <param name="Initial">The latents before the first step, <c>[B, C, H, W]</c>.</param>
/// <param name="Steps">The latents after every step, one after another, <c>[steps * B, C, H, W]</c>.</param>
/// <param name="Final">The latents that were decoded, <c>[B, C, H, W]</c>.</param>
public sealed record GenerationLatents(StoredTensor Initial, StoredTensor Steps, StoredTensor Final)
{
    /// <summary>Writes the tensors <c>latents_initial</c>, <c>latents_steps</c> and <c>latents_final</c> to a safetensors file.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Save(string path) => new SafeTensorsFile(
        new Dictionary<string, StoredTensor> { ["latents_initial"] = Initial, ["latents_steps"] = Steps, ["latents_final"] = Final })
        .Save(path);
}
