using SafeDiffusion.Model.Scheduling;

namespace SafeDiffusion.Scheduling;

/// <summary>Formula layer: the files that diffusers' scheduler classes write for Stable Diffusion v1, old and new, each read as the same noise schedule.</summary>
public sealed class SchedulerClassesTests
{
    private const string Betas = """
        "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085, "num_train_timesteps": 1000, "trained_betas": null, "steps_offset": 1
        """;

    /// <summary>What all of them mean; those of other classes than DDIM and PNDM end at abar = 1.</summary>
    private static readonly SchedulerSettings _stableDiffusion = new()
    {
        BetaStart = 0.00085,
        BetaEnd = 0.012,
        BetaSchedule = BetaSchedule.ScaledLinear,
        ClipSample = false,
        StepsOffset = 1,
    };

    public static TheoryData<string, string> EndingAtOne => new()
    {
        { "LMSDiscreteScheduler", """ "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false, "prediction_type": "epsilon", "timestep_spacing": "leading" """ },
        { "EulerDiscreteScheduler", """
            "prediction_type": "epsilon", "interpolation_type": "linear", "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false,
            "sigma_min": null, "sigma_max": null, "timestep_spacing": "leading", "timestep_type": "discrete", "rescale_betas_zero_snr": false,
            "final_sigmas_type": "zero"
            """ },
        { "EulerAncestralDiscreteScheduler", """ "prediction_type": "epsilon", "timestep_spacing": "leading", "rescale_betas_zero_snr": false """ },
        { "HeunDiscreteScheduler", """
            "prediction_type": "epsilon", "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false, "clip_sample": false,
            "clip_sample_range": 1.0, "timestep_spacing": "leading"
            """ },
        { "KDPM2DiscreteScheduler", """ "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false, "timestep_spacing": "leading" """ },
        { "KDPM2AncestralDiscreteScheduler", """ "use_karras_sigmas": false, "timestep_spacing": "leading" """ },
        { "DPMSolverMultistepScheduler", """
            "algorithm_type": "dpmsolver++", "dynamic_thresholding_ratio": 0.995, "euler_at_final": false, "final_sigmas_type": "zero",
            "lambda_min_clipped": -Infinity, "lower_order_final": true, "prediction_type": "epsilon", "sample_max_value": 1.0, "solver_order": 2,
            "solver_type": "midpoint", "thresholding": false, "timestep_spacing": "leading", "use_karras_sigmas": false, "use_lu_lambdas": false,
            "use_exponential_sigmas": false, "use_beta_sigmas": false, "use_flow_sigmas": false, "flow_shift": 1.0, "variance_type": null,
            "rescale_betas_zero_snr": false, "use_dynamic_shifting": false, "time_shift_type": "exponential"
            """ },
        { "DPMSolverSinglestepScheduler", """
            "algorithm_type": "dpmsolver++", "solver_order": 2, "solver_type": "midpoint", "lower_order_final": false, "lambda_min_clipped": -Infinity,
            "final_sigmas_type": "zero", "variance_type": null, "thresholding": false, "use_karras_sigmas": false, "use_flow_sigmas": false, "flow_shift": 1.0
            """ },
        { "DPMSolverSDEScheduler", """ "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false, "noise_sampler_seed": null, "timestep_spacing": "leading" """ },
        { "DEISMultistepScheduler", """
            "algorithm_type": "deis", "solver_type": "logrho", "solver_order": 2, "lower_order_final": true, "thresholding": false,
            "dynamic_thresholding_ratio": 0.995, "sample_max_value": 1.0, "use_karras_sigmas": false, "use_exponential_sigmas": false,
            "use_beta_sigmas": false, "use_flow_sigmas": false, "flow_shift": 1.0, "use_dynamic_shifting": false, "time_shift_type": "exponential"
            """ },
        { "UniPCMultistepScheduler", """
            "solver_order": 2, "solver_type": "bh2", "predict_x0": true, "disable_corrector": [], "solver_p": null, "lower_order_final": true,
            "thresholding": false, "use_karras_sigmas": false, "use_exponential_sigmas": false, "use_beta_sigmas": false, "use_flow_sigmas": false,
            "flow_shift": 1.0, "final_sigmas_type": "zero", "rescale_betas_zero_snr": false, "use_dynamic_shifting": false,
            "time_shift_type": "exponential", "sigma_min": null, "sigma_max": null, "shift_terminal": null
            """ },
        { "LCMScheduler", """
            "original_inference_steps": 50, "clip_sample": false, "clip_sample_range": 1.0, "set_alpha_to_one": true, "timestep_scaling": 10.0,
            "thresholding": false, "rescale_betas_zero_snr": false, "timestep_spacing": "leading"
            """ },
        { "DDPMScheduler", """
            "variance_type": "fixed_small", "clip_sample": false, "clip_sample_range": 1.0, "thresholding": false, "timestep_spacing": "leading",
            "rescale_betas_zero_snr": false
            """ },
    };

    [Theory, MemberData(nameof(EndingAtOne))]
    public void OtherClassesMeanTheSameSchedule(string name, string fields) =>
        Assert.Equal(_stableDiffusion, SchedulerSettings.Parse($$"""{"_class_name": "{{name}}", "_diffusers_version": "0.36.0", {{Betas}}, {{fields}}}""", "config"));

    [Theory]
    [InlineData("PNDMScheduler", """ "set_alpha_to_one": false, "skip_prk_steps": true, "clip_sample": false """)]
    [InlineData("PNDMScheduler", """ "set_alpha_to_one": false, "skip_prk_steps": true, "prediction_type": "epsilon", "timestep_spacing": "leading" """)]
    [InlineData("PNDMScheduler", """ "skip_prk_steps": true """)]
    [InlineData("DDIMScheduler", """ "set_alpha_to_one": false, "clip_sample": false, "clip_sample_range": 1.0, "thresholding": false, "dynamic_thresholding_ratio": 0.995, "sample_max_value": 1.0, "timestep_spacing": "leading", "rescale_betas_zero_snr": false """)]
    public void PndmAndDdimEndAtTheFirstTimestep(string name, string fields) =>
        Assert.Equal(_stableDiffusion with { SetAlphaToOne = false }, SchedulerSettings.Parse($$"""{"_class_name": "{{name}}", {{Betas}}, {{fields}}}""", "config"));

    /// <summary>Latents go far beyond 1: a class that does not clip must not begin to because its file says nothing of it.</summary>
    [Theory]
    [InlineData("DPMSolverMultistepScheduler", false)]
    [InlineData("EulerDiscreteScheduler", false)]
    [InlineData("PNDMScheduler", false)]
    [InlineData("HeunDiscreteScheduler", false)]
    [InlineData("LCMScheduler", false)]
    [InlineData("DDPMScheduler", true)]
    [InlineData("DDIMScheduler", true)]
    public void AMissingClipSampleIsTheClasses(string name, bool expected) =>
        Assert.Equal(expected, SchedulerSettings.Parse($$"""{"_class_name": "{{name}}"}""", "config").ClipSample);

    [Theory]
    [InlineData("HeunDiscreteScheduler", 0.00085, 0.012, BetaSchedule.Linear)]
    [InlineData("LCMScheduler", 0.00085, 0.012, BetaSchedule.ScaledLinear)]
    [InlineData("PNDMScheduler", 0.0001, 0.02, BetaSchedule.Linear)]
    public void MissingBetasAreTheClasses(string name, double start, double end, BetaSchedule schedule)
    {
        SchedulerSettings settings = SchedulerSettings.Parse($$"""{"_class_name": "{{name}}"}""", "config");
        Assert.Equal((start, end, schedule), (settings.BetaStart, settings.BetaEnd, settings.BetaSchedule));
    }
}
