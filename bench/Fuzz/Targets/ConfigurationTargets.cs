using Fuzz.Engine;
using Fuzz.Forms;
using SafeDiffusion.Checking;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Scheduling;

namespace Fuzz.Targets;

/// <summary>The JSON of a model folder.</summary>
internal static class ConfigurationTargets
{
    private static readonly string[] _networks = ["unet", "vae_decoder", "vae_encoder", "text_encoder"];

    public static IEnumerable<FuzzTarget> All()
    {
        Scratch scratch = new("configuration");
        yield return new("scheduler", Schedulers, JsonForm.Instance, input =>
        {
            DdimScheduler scheduler = new(SchedulerSettings.Load(scratch.Write("scheduler_config.json", input)));
            Readings.All(() => scheduler.CreatePlan(1), () => scheduler.CreatePlan(25), () => scheduler.CreatePlan(999));
        });
        yield return new("network-config", Networks, JsonForm.Instance, input =>
        {
            NetworkConfig config = NetworkConfig.Load(scratch.Write("config.json", input));
            Readings.All(
                () => config.Integer("in_channels", 1, 64), () => config.Integer("latent_channels", 1, 64), () => config.Size("sample_size", 1, ModelDescriptionBuilder.MaxLatentSize),
                () => config.PositiveNumber("scaling_factor"), () => config.ListLength("block_out_channels"));
        });
        yield return new("preprocessor", Preprocessors, JsonForm.Instance, input => PreprocessorConfig.Load(scratch.Write("preprocessor_config.json", input)));
    }

    private static IEnumerable<byte[]> Schedulers() =>
    [
        File.ReadAllBytes(Repository.Shapes("scheduler", "scheduler_config.json")), Repository.Read("sd-v1-structure", "scheduler", "scheduler_config.json"),
        Repository.Bytes("""
            { "_class_name": "PNDMScheduler", "_diffusers_version": "0.15.0", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085, "clip_sample": false,
              "num_train_timesteps": 1000, "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1, "trained_betas": null, "prediction_type": "epsilon",
              "timestep_spacing": "leading", "rescale_betas_zero_snr": false, "thresholding": true, "dynamic_thresholding_ratio": 0.995, "sample_max_value": 1.0, "clip_sample_range": 1.0 }
            """),
        Repository.Bytes("""{ "_class_name": "DDIMScheduler", "num_train_timesteps": 5, "trained_betas": [0.1, 0.2, 0.3, 0.4, 0.5], "prediction_type": "v_prediction", "timestep_spacing": "trailing", "lambda_min_clipped": -Infinity }"""),
    ];

    private static IEnumerable<byte[]> Networks() =>
    [
        .. _networks.Select(network => File.ReadAllBytes(Repository.Shapes(network, "config.json"))), .. _networks.Select(network => Repository.Read("sd-v1-structure", network, "config.json")),
        Repository.Bytes("""{ "in_channels": 4, "latent_channels": 4, "sample_size": [64, 96], "scaling_factor": 0.18215, "block_out_channels": [320, 640, 1280, 1280] }"""),
    ];

    private static IEnumerable<byte[]> Preprocessors() =>
    [
        Repository.Bytes("""
            { "crop_size": 224, "do_center_crop": true, "do_convert_rgb": true, "do_normalize": true, "do_resize": true, "feature_extractor_type": "CLIPFeatureExtractor",
              "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3, "size": 224 }
            """),
        Repository.Bytes("""
            { "crop_size": { "height": 224, "width": 224 }, "do_rescale": true, "rescale_factor": 0.00392156862745098, "size": { "shortest_edge": 224 },
              "image_processor_type": "CLIPImageProcessor", "resample": 3, "image_std": null, "_valid_processor_keys": ["images"] }
            """),
        Repository.Bytes("""{ "do_center_crop": false, "size": { "height": 336, "width": 320 }, "resample": 2, "do_rescale": false, "image_mean": [1, 2, 3], "image_std": [4, 5, 6] }"""),
    ];
}
