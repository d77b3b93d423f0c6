using System.Collections.Frozen;
using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Model.Scheduling;

/// <summary>Reads a <c>scheduler_config.json</c> field by field, so that every error names its field.</summary>
internal sealed class SchedulerSettingsReader
{
    private static readonly FrozenDictionary<string, BetaSchedule> _betaSchedules = new Dictionary<string, BetaSchedule>
    {
        ["linear"] = BetaSchedule.Linear,
        ["scaled_linear"] = BetaSchedule.ScaledLinear,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, PredictionType> _predictionTypes = new Dictionary<string, PredictionType>
    {
        ["epsilon"] = PredictionType.Epsilon,
        ["v_prediction"] = PredictionType.Velocity,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, TimestepSpacing> _spacings = new Dictionary<string, TimestepSpacing>
    {
        ["leading"] = TimestepSpacing.Leading,
        ["trailing"] = TimestepSpacing.Trailing,
        ["linspace"] = TimestepSpacing.Linspace,
    }.ToFrozenDictionary();

    /// <summary>What diffusers writes for other schedulers, or only for thresholding, and what does not alter DDIM.</summary>
    private static readonly FrozenSet<string> _fieldsWithoutEffect = FrozenSet.Create(
        "skip_prk_steps", "dynamic_thresholding_ratio", "sample_max_value", "interpolation_type", "use_karras_sigmas",
        "use_exponential_sigmas", "use_beta_sigmas", "use_flow_sigmas", "use_lu_lambdas", "sigma_min", "sigma_max", "timestep_type",
        "final_sigmas_type", "solver_order", "solver_type", "algorithm_type", "lower_order_final", "euler_at_final",
        "lambda_min_clipped", "predict_x0", "disable_corrector", "solver_p", "original_inference_steps", "timestep_scaling");

    private readonly Dictionary<string, JsonElement> _fields;
    private readonly string _file;

    private SchedulerSettingsReader(JsonElement root, string file)
    {
        _file = file;
        _fields = root.EnumerateObject().GroupBy(field => field.Name).ToDictionary(same => same.Key, same => same.Last().Value);
    }

    public static SchedulerSettings Read(string json, string file)
    {
        using JsonDocument document = BoundedFile.ParseObject(json, file);
        SchedulerSettings settings = new SchedulerSettingsReader(document.RootElement, file).Read();
        return settings.FindFault() is ({ } field, { } reason) ? throw Refuse(file, field, reason) : settings;
    }

    private SchedulerSettings Read()
    {
        RefuseUnsupported();
        SchedulerSettings defaults = new();
        SchedulerSettings settings = new()
        {
            TrainingTimesteps = TakeInt("num_train_timesteps", defaults.TrainingTimesteps),
            BetaStart = TakeNumber("beta_start", defaults.BetaStart),
            BetaEnd = TakeNumber("beta_end", defaults.BetaEnd),
            BetaSchedule = TakeChoice("beta_schedule", _betaSchedules, defaults.BetaSchedule),
            TrainedBetas = TakeNumbers("trained_betas"),
            ClipSample = TakeFlag("clip_sample", defaults.ClipSample),
            ClipSampleRange = (float)TakeNumber("clip_sample_range", defaults.ClipSampleRange),
            SetAlphaToOne = TakeFlag("set_alpha_to_one", defaults.SetAlphaToOne),
            StepsOffset = TakeInt("steps_offset", defaults.StepsOffset),
            PredictionType = TakeChoice("prediction_type", _predictionTypes, defaults.PredictionType),
            TimestepSpacing = TakeChoice("timestep_spacing", _spacings, defaults.TimestepSpacing),
            RescaleBetasZeroSnr = TakeFlag("rescale_betas_zero_snr", defaults.RescaleBetasZeroSnr),
        };
        RefuseUnknown();
        return settings;
    }

    private void RefuseUnsupported()
    {
        if (TakeFlag("thresholding", false))
        {
            throw Refuse(_file, "thresholding", "is true, which is for pixel models and not supported; set it to false");
        }
        string variance = Take("variance_type", JsonValueKind.String) is { } value ? value.GetString()! : "fixed_small";
        if (!variance.StartsWith("fixed", StringComparison.Ordinal))
        {
            throw Refuse(_file, "variance_type", $"is '{variance}': models that predict a variance as well are not supported");
        }
    }

    /// <summary>
    /// Refuses what is left over: an unknown setting may change the schedule, and leaving it out would draw other pictures in silence.
    /// diffusers' own facts start with an underscore.
    /// </summary>
    private void RefuseUnknown()
    {
        string? unknown = _fields.Keys.FirstOrDefault(name => !name.StartsWith('_') && !_fieldsWithoutEffect.Contains(name));
        if (unknown is null) return;
        throw Refuse(_file, unknown, "is a setting that DDIM does not have; remove it, or export the model with a DDIM scheduler");
    }

    /// <summary>Takes a field out of those left over; null where it is missing or null, as diffusers then takes its default.</summary>
    private JsonElement? Take(string field, JsonValueKind kind)
    {
        if (!_fields.Remove(field, out JsonElement value) || value.ValueKind == JsonValueKind.Null) return null;
        return value.ValueKind == kind ? value : throw Refuse(_file, field, $"is {value.GetRawText()}; expected is a JSON {kind}");
    }

    private int TakeInt(string field, int otherwise)
    {
        if (Take(field, JsonValueKind.Number) is not { } value) return otherwise;
        if (value.TryGetInt32(out int number)) return number;
        throw Refuse(_file, field, $"is {value.GetRawText()}; it must be a whole number");
    }

    private double TakeNumber(string field, double otherwise) => Take(field, JsonValueKind.Number)?.GetDouble() ?? otherwise;

    private bool TakeFlag(string field, bool otherwise)
    {
        if (!_fields.Remove(field, out JsonElement value) || value.ValueKind == JsonValueKind.Null) return otherwise;
        bool isFlag = value.ValueKind is JsonValueKind.True or JsonValueKind.False;
        return isFlag ? value.GetBoolean() : throw Refuse(_file, field, $"is {value.GetRawText()}; it must be true or false");
    }

    private double[]? TakeNumbers(string field)
    {
        if (Take(field, JsonValueKind.Array) is not { } values) return null;
        bool areNumbers = values.EnumerateArray().All(value => value.ValueKind == JsonValueKind.Number);
        if (!areNumbers) throw Refuse(_file, field, "holds something other than numbers");
        return [.. values.EnumerateArray().Select(value => value.GetDouble())];
    }

    private T TakeChoice<T>(string field, FrozenDictionary<string, T> choices, T otherwise)
    {
        if (Take(field, JsonValueKind.String) is not { } value) return otherwise;
        if (choices.TryGetValue(value.GetString()!, out T? choice)) return choice;
        throw Refuse(_file, field, $"is '{value.GetString()}'; supported are {string.Join(", ", choices.Keys.Order())}");
    }

    private static InvalidFileException Refuse(string file, string field, string reason) => new(file, $"\"{field}\" {reason}");
}
