using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Instrumentation.Quantization;

namespace SafeDiffusion.Quantizing;

/// <summary>What a calibration has found so far, kept beside the model that is to be made, so that it goes on where it was cut off.</summary>
internal sealed class CalibrationState
{
    private const int MaxBytes = 64 << 20;
    private static readonly JsonSerializerOptions _json = StrictJson.CreateOptions();
    private readonly string _path;

    private CalibrationState(string path, Content content)
    {
        _path = path;
        Found = content;
    }

    private Content Found { get; set; }

    /// <summary>Reads what is there for the same settings; begins anew where there is nothing, or where it is for others.</summary>
    /// <exception cref="InvalidFileException">The file is damaged.</exception>
    public static CalibrationState Open(string path, string key)
    {
        Content content = new(key, new Dictionary<string, Part>());
        if (!File.Exists(path)) return new(path, content);
        try
        {
            Content? read = StrictJson.Read<Content>(BoundedFile.ReadText(path, MaxBytes), _json);
            return new(path, read is { Networks: not null } && read.Key == key ? read : content);
        }
        catch (JsonException error)
        {
            throw new InvalidFileException(path, $"is no state of a calibration: {error.Message} Remove it, and calibrate anew.", error);
        }
    }

    /// <summary>What is known of a network.</summary>
    public Part Of(string network) => Found.Networks.GetValueOrDefault(network) ?? new(new Dictionary<string, ValueRange>(), new Dictionary<string, double[]>());

    public void SetRanges(string network, Dictionary<string, ValueRange> ranges) => Set(network, Of(network) with { Ranges = ranges });

    /// <summary>What a layer or a group costs, at every sample.</summary>
    public void SetNoise(string network, string name, double[] ratios) => Set(network, Of(network) with { Noise = new Dictionary<string, double[]>(Of(network).Noise) { [name] = ratios } });

    public void Delete() => File.Delete(_path);

    private void Set(string network, Part part)
    {
        Found = Found with { Networks = new Dictionary<string, Part>(Found.Networks) { [network] = part } };
        AtomicFile.WriteText(_path, JsonSerializer.Serialize(Found, _json));
    }

    /// <param name="Ranges">Ranges by value; empty where they are not known yet.</param>
    /// <param name="Noise">Error over signal at every sample, by layer or group.</param>
    public sealed record Part(IReadOnlyDictionary<string, ValueRange> Ranges, IReadOnlyDictionary<string, double[]> Noise);

    /// <param name="Key">The settings.</param>
    /// <param name="Networks">What is known of each network, by its name.</param>
    private sealed record Content(string Key, IReadOnlyDictionary<string, Part> Networks);
}
