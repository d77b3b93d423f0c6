using System.Collections.Frozen;
using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Model.Scheduling;

/// <summary>Reads a <c>scheduler_config.json</c> field by field, and collects all faults, each with its field, for one message.</summary>
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

    private static readonly FrozenSet<string> _varianceTypes = FrozenSet.Create("fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log");

    private readonly Dictionary<string, JsonElement> _fields;
    private readonly List<string> _faults = [];

    private SchedulerSettingsReader(JsonElement root) =>
        _fields = root.EnumerateObject().GroupBy(field => field.Name).ToDictionary(same => same.Key, same => same.Last().Value);

    public static SchedulerSettings Read(string json, string file)
    {
        using JsonDocument document = BoundedFile.ParseObject(json, file);
        SchedulerSettingsReader reader = new(document.RootElement);
        SchedulerSettings settings = reader.Read();
        if (reader._faults.Count == 0 && settings.FindFault() is ({ } field, { } reason)) reader.Fault(field, reason);
        return reader._faults.Count == 0 ? settings : throw new InvalidFileException(file, string.Join("; ", reader._faults));
    }

    private SchedulerSettings Read()
    {
        SchedulerSettings defaults = SchedulerFields.DefaultsOf(TakeClass());
        FaultUnsupported();
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
        FaultUnknown();
        return settings;
    }

    private string? TakeClass()
    {
        string? name = Take("_class_name", JsonValueKind.String)?.GetString();
        if (name is not null && SchedulerFields.IsOfOtherModels(name))
        {
            Fault("_class_name", $"is {name}, which is for models of another kind; Stable Diffusion v1 predicts the noise of a DDPM's schedule");
        }
        return name;
    }

    private void FaultUnsupported()
    {
        foreach ((string flag, string what) in SchedulerFields.Flags.OrderBy(flag => flag.Key, StringComparer.Ordinal))
        {
            if (TakeFlag(flag, false)) Fault(flag, $"is true: it {what}. It is not supported; set it to false");
        }
        if (Take("variance_type", JsonValueKind.String)?.GetString() is { } variance && !_varianceTypes.Contains(variance))
        {
            Fault("variance_type", $"is '{variance}': models that predict a variance as well are not supported");
        }
        if (Take("timestep_type", JsonValueKind.String)?.GetString() is { } type && type != "discrete")
        {
            Fault("timestep_type", $"is '{type}': models that take continuous timesteps are not supported");
        }
    }

    /// <summary>
    /// Refuses what is left over: an unknown setting may change the schedule, and leaving it out would draw other pictures in silence. One
    /// that is null or false is not asked for. diffusers' own facts start with an underscore.
    /// </summary>
    private void FaultUnknown()
    {
        foreach ((string name, JsonElement value) in _fields.OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            bool isOff = value.ValueKind is JsonValueKind.Null or JsonValueKind.False;
            // A factor of flow models and of shifted schedules.
            bool isNeutral = name is ("shift" or "snr_shift_scale") && value.ValueKind == JsonValueKind.Number && value.GetDouble() == 1;
            if (isOff || isNeutral || name.StartsWith('_') || SchedulerFields.WithoutEffect.Contains(name)) continue;
            Fault(name, "is a setting that DDIM does not have; remove it, or export the model with a DDIM scheduler");
        }
    }

    /// <summary>Takes a field out of those left over; null where it is missing or null, as diffusers then takes its default.</summary>
    private JsonElement? Take(string field, JsonValueKind kind)
    {
        if (!_fields.Remove(field, out JsonElement value) || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == kind) return value;
        Fault(field, $"is {value.GetRawText()}; expected is a JSON {kind}");
        return null;
    }

    private int TakeInt(string field, int otherwise)
    {
        if (Take(field, JsonValueKind.Number) is not { } value) return otherwise;
        if (value.TryGetInt32(out int number)) return number;
        Fault(field, $"is {value.GetRawText()}; it must be a whole number");
        return otherwise;
    }

    private double TakeNumber(string field, double otherwise) => Take(field, JsonValueKind.Number)?.GetDouble() ?? otherwise;

    private bool TakeFlag(string field, bool otherwise)
    {
        if (!_fields.Remove(field, out JsonElement value) || value.ValueKind == JsonValueKind.Null) return otherwise;
        bool isFlag = value.ValueKind is JsonValueKind.True or JsonValueKind.False;
        if (isFlag) return value.GetBoolean();
        Fault(field, $"is {value.GetRawText()}; it must be true or false");
        return otherwise;
    }

    private double[]? TakeNumbers(string field)
    {
        if (Take(field, JsonValueKind.Array) is not { } values) return null;
        bool areNumbers = values.EnumerateArray().All(value => value.ValueKind == JsonValueKind.Number);
        if (areNumbers) return [.. values.EnumerateArray().Select(value => value.GetDouble())];
        Fault(field, "holds something other than numbers");
        return null;
    }

    private T TakeChoice<T>(string field, FrozenDictionary<string, T> choices, T otherwise)
    {
        if (Take(field, JsonValueKind.String) is not { } value) return otherwise;
        if (choices.TryGetValue(value.GetString()!, out T? choice)) return choice;
        Fault(field, $"is '{value.GetString()}'; supported are {string.Join(", ", choices.Keys.Order())}");
        return otherwise;
    }

    private void Fault(string field, string reason) => _faults.Add($"\"{field}\" {reason}");
}
