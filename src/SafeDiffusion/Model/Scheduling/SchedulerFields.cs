using System.Collections.Frozen;

namespace SafeDiffusion.Model.Scheduling;

/// <summary>What diffusers' scheduler classes write into a <c>scheduler_config.json</c> besides what DDIM reads.</summary>
internal static class SchedulerFields
{
    /// <summary>Settings of how others integrate, and what counts only with a flag of <see cref="Flags"/>: no value alters DDIM.</summary>
    public static FrozenSet<string> WithoutEffect { get; } = FrozenSet.Create(
        // PNDM, LMS, Euler, Heun, KDPM2
        "skip_prk_steps", "interpolation_type", "sigma_min", "sigma_max", "final_sigmas_type",
        // DPM-Solver, DEIS, UniPC, SA-Solver
        "solver_order", "solver_type", "algorithm_type", "lower_order_final", "euler_at_final", "lambda_min_clipped", "predict_x0",
        "disable_corrector", "solver_p", "noise_sampler_seed", "predictor_order", "corrector_order", "tau_func",
        // LCM, TCD
        "original_inference_steps", "timestep_scaling",
        // only with thresholding
        "dynamic_thresholding_ratio", "sample_max_value",
        // only with flow sigmas or dynamic shifting
        "flow_shift", "time_shift_type", "base_shift", "max_shift", "base_image_seq_len", "max_image_seq_len");

    /// <summary>What may be asked for with true and DDIM does not have; false is how it is written where it is not asked for.</summary>
    public static FrozenDictionary<string, string> Flags { get; } = new Dictionary<string, string>
    {
        ["thresholding"] = "is for pixel models",
        ["use_karras_sigmas"] = "visits noise levels of its own, and DDIM those of the timesteps",
        ["use_exponential_sigmas"] = "visits noise levels of its own, and DDIM those of the timesteps",
        ["use_beta_sigmas"] = "visits noise levels of its own, and DDIM those of the timesteps",
        ["use_lu_lambdas"] = "visits noise levels of its own, and DDIM those of the timesteps",
        ["use_flow_sigmas"] = "is for flow models",
        ["use_dynamic_shifting"] = "is for flow models",
        ["invert_sigmas"] = "is for flow models",
        ["stochastic_sampling"] = "is for flow models",
    }.ToFrozenDictionary();

    /// <summary>What the class does where its file leaves a field out; DDIM's own for all others, DDPM among them.</summary>
    public static SchedulerSettings DefaultsOf(string? className) => className switch
    {
        // These do not know clip_sample, or do not clip unless it says so; latents are far beyond 1.
        "PNDMScheduler" => new SchedulerSettings { ClipSample = false, SetAlphaToOne = false },
        "LMSDiscreteScheduler" or "EulerDiscreteScheduler" or "EulerAncestralDiscreteScheduler" or "DPMSolverMultistepScheduler"
            or "DPMSolverSinglestepScheduler" or "DEISMultistepScheduler" or "UniPCMultistepScheduler" or "SASolverScheduler" or "IPNDMScheduler"
            => new SchedulerSettings { ClipSample = false },
        "HeunDiscreteScheduler" or "KDPM2DiscreteScheduler" or "KDPM2AncestralDiscreteScheduler" or "DPMSolverSDEScheduler"
            => new SchedulerSettings { ClipSample = false, BetaStart = 0.00085, BetaEnd = 0.012 },
        "LCMScheduler" or "TCDScheduler"
            => new SchedulerSettings { ClipSample = false, BetaStart = 0.00085, BetaEnd = 0.012, BetaSchedule = BetaSchedule.ScaledLinear },
        _ => new SchedulerSettings(),
    };

    /// <summary>Whether a class is for models that predict neither noise nor velocity of a DDPM's schedule, whatever its fields say.</summary>
    public static bool IsOfOtherModels(string className) => _otherModels.Any(start => className.StartsWith(start, StringComparison.Ordinal));

    private static readonly string[] _otherModels =
        ["FlowMatch", "EDM", "CosineDPMSolver", "CMStochasticIterative", "ScoreSde", "KarrasVe", "VQDiffusion", "Amused", "CogVideoX", "UnCLIP"];
}
