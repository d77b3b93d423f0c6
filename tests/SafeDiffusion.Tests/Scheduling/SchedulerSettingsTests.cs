using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Model.Scheduling;

namespace SafeDiffusion.Scheduling;

/// <summary>Formula layer: what a scheduler_config.json says, and how unknown values are refused.</summary>
public sealed class SchedulerSettingsTests
{
    [Fact]
    public void TheShapesModelsSettingsAreStableDiffusions()
    {
        SchedulerSettings settings = SchedulerSettings.Load(Path.Combine(Fixture.ShapesModel, "scheduler", "scheduler_config.json"));

        Assert.Equal(0.00085, settings.BetaStart);
        Assert.Equal(0.012, settings.BetaEnd);
        Assert.Equal(BetaSchedule.ScaledLinear, settings.BetaSchedule);
        Assert.False(settings.ClipSample);
        Assert.False(settings.SetAlphaToOne);
        Assert.Equal(1, settings.StepsOffset);
    }

    [Fact]
    public void MissingFieldsHaveTheDefaultsOfDiffusersClass()
    {
        SchedulerSettings settings = SchedulerSettings.Parse("{}", "config");

        Assert.Equal(1000, settings.TrainingTimesteps);
        Assert.Equal(0.0001, settings.BetaStart);
        Assert.Equal(0.02, settings.BetaEnd);
        Assert.Equal(BetaSchedule.Linear, settings.BetaSchedule);
        Assert.Null(settings.TrainedBetas);
        Assert.True(settings.ClipSample);
        Assert.Equal(1, settings.ClipSampleRange);
        Assert.True(settings.SetAlphaToOne);
        Assert.Equal(0, settings.StepsOffset);
        Assert.Equal(PredictionType.Epsilon, settings.PredictionType);
        Assert.Equal(TimestepSpacing.Leading, settings.TimestepSpacing);
        Assert.False(settings.RescaleBetasZeroSnr);
    }

    [Fact]
    public void EveryFieldIsRead()
    {
        SchedulerSettings settings = SchedulerSettings.Parse("""
            {
              "num_train_timesteps": 2, "beta_start": 0.1, "beta_end": 0.2, "beta_schedule": "linear", "trained_betas": [0.3, 0.4],
              "clip_sample": true, "clip_sample_range": 2.5, "set_alpha_to_one": false, "steps_offset": 1,
              "prediction_type": "v_prediction", "timestep_spacing": "trailing", "rescale_betas_zero_snr": true
            }
            """, "config");

        Assert.Equal([0.3, 0.4], settings.TrainedBetas!);
        Assert.Equal(2.5f, settings.ClipSampleRange);
        Assert.Equal(PredictionType.Velocity, settings.PredictionType);
        Assert.Equal(TimestepSpacing.Trailing, settings.TimestepSpacing);
        Assert.True(settings.RescaleBetasZeroSnr);
    }

    [Fact]
    public void FieldsOfOtherSchedulersAreIgnored() => Assert.Equal(new SchedulerSettings { ClipSample = false, SetAlphaToOne = false }, SchedulerSettings.Parse("""
        {
          "_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "skip_prk_steps": true, "trained_betas": null,
          "thresholding": false, "variance_type": "fixed_small", "solver_order": 2
        }
        """, "config"));

    [Fact]
    public void AnUnknownFieldIsNamed()
    {
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => SchedulerSettings.Parse("""{ "shift": 3.0 }""", "config"));
        Assert.Contains("\"shift\" is a setting that DDIM does not have", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AllThatIsNotSupportedIsNamedAtOnce()
    {
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => SchedulerSettings.Parse("""
            {
              "use_flow_sigmas": true, "flow_shift": 3.0, "shift": 3.0, "use_karras_sigmas": true, "beta_schedule": "laplace", "steps_offset": NaN,
              "beta_start": Infinity, "new_feature": 2, "another_feature": {"a": 1}, "off": false, "unset": null
            }
            """, "scheduler_config.json"));
        foreach (string field in (string[])["use_flow_sigmas", "shift", "use_karras_sigmas", "beta_schedule", "steps_offset", "beta_start", "new_feature", "another_feature"])
            Assert.Contains($"\"{field}\" is ", error.Reason, StringComparison.Ordinal);
        foreach (string field in (string[])["flow_shift", "off", "unset"]) Assert.DoesNotContain($"\"{field}\"", error.Reason, StringComparison.Ordinal);
        Assert.Contains("set it to false", error.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"shift\": 1.0")]
    [InlineData("\"snr_shift_scale\": 1")]
    [InlineData("\"use_something_new\": false")]
    [InlineData("\"something_new\": null")]
    [InlineData("\"lambda_min_clipped\": -Infinity")]
    [InlineData("\"sigma_min\": NaN")]
    public void WhatIsNotAskedForHasNoEffect(string field) => Assert.Equal(new SchedulerSettings(), SchedulerSettings.Parse($"{{{field}}}", "config"));

    [Theory]
    [InlineData("\"thresholding\"")]
    [InlineData("\"use_karras_sigmas\"")]
    [InlineData("\"use_exponential_sigmas\"")]
    [InlineData("\"use_beta_sigmas\"")]
    [InlineData("\"use_lu_lambdas\"")]
    [InlineData("\"use_flow_sigmas\"")]
    [InlineData("\"use_dynamic_shifting\"")]
    public void AFlagThatDdimDoesNotHaveMayOnlyBeOff(string flag)
    {
        Assert.Equal(new SchedulerSettings(), SchedulerSettings.Parse($"{{{flag}: false}}", "config"));
        Assert.Equal(new SchedulerSettings(), SchedulerSettings.Parse($"{{{flag}: null}}", "config"));
        Assert.Contains($"{flag} is true", Assert.Throws<InvalidFileException>(() => SchedulerSettings.Parse($"{{{flag}: true}}", "config")).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"beta_schedule\": \"squaredcos_cap_v2\"", "\"beta_schedule\" is 'squaredcos_cap_v2'; supported are linear, scaled_linear")]
    [InlineData("\"prediction_type\": \"sample\"", "\"prediction_type\" is 'sample'")]
    [InlineData("\"timestep_spacing\": \"Leading\"", "\"timestep_spacing\" is 'Leading'")]
    [InlineData("\"thresholding\": true", "\"thresholding\" is true")]
    [InlineData("\"variance_type\": \"learned_range\"", "\"variance_type\" is 'learned_range'")]
    [InlineData("\"num_train_timesteps\": 0", "\"num_train_timesteps\" is 0")]
    [InlineData("\"num_train_timesteps\": 1e12", "\"num_train_timesteps\" is 1e12; it must be a whole number")]
    [InlineData("\"num_train_timesteps\": \"1000\"", "\"num_train_timesteps\" is \"1000\"")]
    [InlineData("\"beta_start\": 0", "\"beta_start\" is 0")]
    [InlineData("\"beta_end\": 1", "\"beta_end\" is 1")]
    [InlineData("\"trained_betas\": [0.1]", "\"trained_betas\" holds 1 values for 1000")]
    [InlineData("\"trained_betas\": [\"0.1\"]", "\"trained_betas\" holds something other than numbers")]
    [InlineData("\"num_train_timesteps\": 1, \"trained_betas\": [1.5]", "\"trained_betas\" holds a value that is not")]
    [InlineData("\"timestep_type\": \"continuous\"", "\"timestep_type\" is 'continuous'")]
    [InlineData("\"snr_shift_scale\": 3.0", "\"snr_shift_scale\" is a setting that DDIM does not have")]
    [InlineData("\"_class_name\": \"FlowMatchEulerDiscreteScheduler\"", "\"_class_name\" is FlowMatchEulerDiscreteScheduler")]
    [InlineData("\"_class_name\": \"EDMEulerScheduler\"", "\"_class_name\" is EDMEulerScheduler")]
    [InlineData("\"beta_start\": -Infinity", "\"beta_start\" is \"-Infinity\"")]
    [InlineData("\"clip_sample\": 1", "\"clip_sample\" is 1; it must be true or false")]
    [InlineData("\"clip_sample_range\": -1", "\"clip_sample_range\" is -1")]
    [InlineData("\"steps_offset\": -1", "\"steps_offset\" is -1")]
    public void UnknownValuesAreRefusedByName(string field, string reason)
    {
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => SchedulerSettings.Parse($"{{{field}}}", "scheduler_config.json"));
        Assert.Equal("scheduler_config.json", error.File);
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"beta_start\": }")]
    public void DamageIsRefused(string json) => Assert.Throws<InvalidFileException>(() => SchedulerSettings.Parse(json, "config"));

    [Fact]
    public void AMissingFileIsRefused()
    {
        using TemporaryFolder folder = new();
        Assert.Throws<InvalidFileException>(() => SchedulerSettings.Load(folder.File("scheduler_config.json")));
    }

    [Fact]
    public void SettingsMadeInCodeAreCheckedByTheScheduler()
    {
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => new DdimScheduler(new SchedulerSettings { BetaEnd = 2 }));
        Assert.Equal("beta_end", error.Field);
    }
}
