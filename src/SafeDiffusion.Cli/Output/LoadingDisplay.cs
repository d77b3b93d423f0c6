using Spectre.Console;

namespace SafeDiffusion.Cli.Output;

/// <summary>Shows on standard error what of a model is being loaded, where that is a terminal; nothing is left behind.</summary>
internal static class LoadingDisplay
{
    public static async Task<SafeDiffusionPipeline> LoadAsync(string folder, PipelineOptions options, bool quiet, CancellationToken cancellationToken)
    {
        if (quiet || !Terminal.Error.Profile.Capabilities.Interactive) return await SafeDiffusionPipeline.LoadAsync(folder, options, cancellationToken).ConfigureAwait(false);
        return await Terminal.Error.Status().StartAsync("loading …", context => SafeDiffusionPipeline.LoadAsync(
            folder, options with { LoadProgress = new Direct(value => context.Status = Text(value)) }, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Where loading stands, in a line.</summary>
    public static string Text(LoadProgress at) => at.Done == at.Total ? "loaded" : $"loading the {Title(at.Network)} ({at.Done + 1} of {at.Total})";

    private static string Title(string network) => network switch
    {
        "text_encoder" => "text encoder",
        "vae_encoder" => "VAE's encoder",
        "vae_decoder" => "VAE's decoder",
        "unet" => "UNet",
        _ => network,
    };

    /// <summary>Progress on the loading thread, so that nothing is shown after the end.</summary>
    internal sealed class Direct(Action<LoadProgress> report) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => report(value);
    }
}
