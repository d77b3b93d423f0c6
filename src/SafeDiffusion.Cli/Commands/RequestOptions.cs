using System.CommandLine;
using System.Globalization;
using System.Numerics;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The options that say what to draw.</summary>
internal sealed class RequestOptions
{
    /// <summary>Beyond it the request is refused, and scaling would be wasted.</summary>
    private const int LargestSide = 4096;

    private readonly Option<string> _seed = new("--seed") { Description = "The first picture's seed, -2^63 to 2^64-1.", DefaultValueFactory = _ => "0" };
    private readonly Option<int> _steps = new("--steps") { Description = "Denoising steps.", DefaultValueFactory = _ => 25 };
    private readonly Option<float> _guidance = new("--guidance") { Description = "The guidance scale.", DefaultValueFactory = _ => 7.5f };
    private readonly Option<float> _eta = new("--eta") { Description = "DDIM's eta, 0 to 1." };
    private readonly Option<int?> _width = new("--width") { Description = "Width in pixels (default: the model's)." };
    private readonly Option<int?> _height = new("--height") { Description = "Height in pixels (default: the model's)." };
    private readonly Option<int?> _count = new("--count") { Description = $"Pictures per prompt, from consecutive seeds, 1 to {GenerationRequest.MaxCount} (default: 1, or as many as --latents-in holds)." };
    private readonly Option<string?> _negative = new("--negative") { Description = "A negative prompt." };
    private readonly Option<string?> _image = new("--init-image") { Description = "A picture to start from: PNG, JPEG or WebP. With both --width and --height it is scaled and cropped to them." };
    private readonly Option<float> _strength = new("--strength") { Description = "How much of it is redrawn, 0 to 1.", DefaultValueFactory = _ => 0.8f };
    private readonly Option<string?> _latents = new("--latents-in") { Description = "Latents to start from: a .safetensors file with latents_initial." };
    private readonly Option<bool> _keepTokens = new("--keep-special-tokens") { Description = "Let literal special tokens in texts keep their meaning." };

    public void AddTo(Command command)
    {
        Option[] options = [_seed, _steps, _guidance, _eta, _width, _height, _count, _negative, _image, _strength, _latents, _keepTokens];
        foreach (Option option in options) command.Options.Add(option);
    }

    /// <summary>The files that are read; null where one was not given.</summary>
    public IEnumerable<string?> Inputs(ParseResult parsed) => [parsed.GetValue(_image), parsed.GetValue(_latents)];

    /// <summary>The request, but for its prompt.</summary>
    /// <exception cref="InvalidRequestException">A value is out of range.</exception>
    /// <exception cref="InvalidFileException">A file is missing or damaged.</exception>
    public GenerationRequest Request(ParseResult parsed, SafetyPolicy policy)
    {
        // Before anything is named for each picture.
        if (parsed.GetValue(_count) is { } count and (< 1 or > GenerationRequest.MaxCount)) throw new InvalidRequestException("--count", $"must be from 1 to {GenerationRequest.MaxCount}, and is {count}. Draw more in several runs.");
        StoredTensor? latents = parsed.GetValue(_latents) is { } path ? Latents(path) : null;
        return new GenerationRequest("")
        {
            Policy = policy,
            Seed = Seed(parsed.GetRequiredValue(_seed)),
            Steps = parsed.GetValue(_steps),
            GuidanceScale = parsed.GetValue(_guidance),
            Eta = parsed.GetValue(_eta),
            Width = parsed.GetValue(_width),
            Height = parsed.GetValue(_height),
            Count = parsed.GetValue(_count) ?? (latents is { Shape.Length: 4 } ? (int)Math.Min(latents.Shape[0], GenerationRequest.MaxCount) : 1),
            NegativePrompt = parsed.GetValue(_negative),
            InitialImage = parsed.GetValue(_image) is { } image ? InitialImage(image, parsed.GetValue(_width), parsed.GetValue(_height)) : null,
            Strength = parsed.GetValue(_strength),
            InitialLatents = latents,
            KeepSpecialTokens = parsed.GetValue(_keepTokens),
        };
    }

    /// <summary>PyTorch's generator takes a seed's low bits, so that seeds above 2^63 and their negative twins are the same.</summary>
    private static long Seed(string text)
    {
        if (BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger seed)
            && seed >= long.MinValue && seed <= ulong.MaxValue)
        {
            return seed > long.MaxValue ? unchecked((long)(ulong)seed) : (long)seed;
        }
        throw new InvalidRequestException("--seed", $"is '{text}'; a whole number from -2^63 to 2^64-1 is needed.");
    }

    /// <summary>The picture upright; a size that was asked for is covered, and what sticks out is cut off.</summary>
    private static RgbImage InitialImage(string path, int? width, int? height)
    {
        RgbImage image = RgbImage.Load(path, PictureOptions.Codecs);
        return width is >= 1 and <= LargestSide && height is >= 1 and <= LargestSide ? image.ScaleToCover(width.Value, height.Value) : image;
    }

    private static StoredTensor Latents(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".safetensors" => SafeTensorsFile.Load(path).Get("latents_initial"),
        ".npy" => throw new InvalidFileException(path,
            "is a NumPy array; --latents-in reads .safetensors. In Python: safetensors.numpy.save_file({\"latents_initial\": numpy.load(\"latents.npy\")}, \"latents.safetensors\")"),
        _ => throw new InvalidFileException(path, "is no .safetensors file. In Python: safetensors.torch.save_file({\"latents_initial\": latents}, \"latents.safetensors\")"),
    };
}
