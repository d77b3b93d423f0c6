using System.Globalization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Methods.FineTuned;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Policies;

namespace SafeDiffusion.FineTuning.Training;

/// <summary>Draws the sheets of a run.</summary>
internal sealed class Sheets(string modelFolder, FineTuningOptions options, SheetOptions sheets, ErasureProjection? erasure)
{
    /// <summary>Whether a sheet is due after so many updates.</summary>
    public bool IsDue(int updates) => updates == 0 || updates % sheets.Every == 0 || updates == options.Updates;

    /// <summary>Draws one with the weights as they are.</summary>
    /// <exception cref="InvalidFileException">It cannot be written.</exception>
    public async Task DrawAsync(int updates, WeightDelta delta, CancellationToken cancellationToken)
    {
        SafetyPolicy policy = SafetyPolicy.Empty.AddWeightDelta(new FineTunedWeights { Delta = delta });
        if (erasure is not null) policy = policy.AddTextErasure(new LinearTextErasure { Projection = erasure, AllowOtherModel = true });
        SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(modelFolder, new PipelineOptions().For(policy), cancellationToken).ConfigureAwait(false);
        await using (pipeline.ConfigureAwait(false))
        {
            List<RgbImage> images = [];
            foreach ((string prompt, long seed) in sheets.Prompts.SelectMany(prompt => sheets.Seeds.Select(seed => (prompt, seed))))
            {
                GenerationRequest request = new(prompt) { Seed = seed, Steps = options.Steps, GuidanceScale = options.GuidanceScale, Policy = policy };
                images.Add((await pipeline.GenerateAsync(request, cancellationToken: cancellationToken).ConfigureAwait(false)).Images[0]);
            }
            Save(ContactSheet.Compose(images, sheets.Seeds.Count), string.Create(CultureInfo.InvariantCulture, $"sheet-{updates:00000}.png"));
        }
    }

    private void Save(RgbImage sheet, string name)
    {
        try
        {
            Directory.CreateDirectory(sheets.Folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(sheets.Folder, $"cannot be made: {error.Message}", error);
        }
        sheet.SavePng(Path.Combine(sheets.Folder, name));
    }
}
