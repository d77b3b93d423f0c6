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
    private readonly Option<string> _seed = new("--seed") { Description = "The first picture's seed, -2^63 to 2^64-1.", DefaultValueFactory = _ => "0" };
    private readonly Option<int> _steps = new("--steps") { Description = "Denoising steps.", DefaultValueFactory = _ => GenerationRequest.DefaultSteps };
    private readonly Option<float> _guidance = new("--guidance") { Description = "The guidance scale.", DefaultValueFactory = _ => GenerationRequest.DefaultGuidanceScale };
    private readonly Option<float> _eta = new("--eta") { Description = "DDIM's eta, 0 to 1." };
    private readonly Option<int?> _width = new("--width") { Description = "Width in pixels (default: the model's)." };
    private readonly Option<int?> _height = new("--height") { Description = "Height in pixels (default: the model's)." };
    private readonly Option<int?> _count = new("--count") { Description = $"Pictures per prompt, from consecutive seeds, 1 to {GenerationRequest.MaxCount} (default: 1, or as many as --latents-in holds)." };
    private readonly Option<string?> _negative = new("--negative") { Description = "A negative prompt." };
    private readonly Option<string?> _image = new("--init-image") { Description = "A picture to start from: PNG, JPEG or WebP. Its size is the size drawn; see --fit." };
    private readonly Option<string?> _fit = new("--fit")
    {
        Description = "How --init-image is brought to a size that it does not have (default: crop with both --width and --height, else it is refused).",
        HelpName = string.Join('|', Enum.GetValues<ImageFit>().Select(fit => fit.ToString().ToLowerInvariant())),
    };
    private readonly Option<float> _strength = new("--strength") { Description = "How much of it is redrawn, 0 to 1.", DefaultValueFactory = _ => GenerationRequest.DefaultStrength };
    private readonly Option<string?> _latents = new("--latents-in") { Description = "Latents to start from: a .safetensors file with latents_initial." };
    private readonly Option<bool> _keepTokens = new("--keep-special-tokens") { Description = "Let literal special tokens in texts keep their meaning." };

    public void AddTo(Command command)
    {
        Option[] options = [_seed, _steps, _guidance, _eta, _width, _height, _count, _negative, _image, _fit, _strength, _latents, _keepTokens];
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
        RgbImage? image = parsed.GetValue(_image) is { } file ? RgbImage.Load(file, PictureOptions.Codecs) : null;
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
            InitialImage = image,
            InitialImageFit = Fit(parsed, image),
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

    private ImageFit? Fit(ParseResult parsed, RgbImage? image)
    {
        if (parsed.GetValue(_fit) is not { } name)
        {
            bool isSizeGiven = parsed.GetValue(_width) is not null && parsed.GetValue(_height) is not null;
            return image is not null && isSizeGiven ? ImageFit.Crop : null;
        }
        if (image is null) throw new InvalidRequestException("--fit", "has no effect without --init-image. Name the picture, or leave it out.");
        foreach (ImageFit fit in Enum.GetValues<ImageFit>())
        {
            if (fit.ToString().Equals(name, StringComparison.OrdinalIgnoreCase)) return fit;
        }
        throw new InvalidRequestException("--fit", $"is '{name}'; it must be pad, crop or scale.");
    }

    private static StoredTensor Latents(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".safetensors" => SafeTensorsFile.Load(path).Get("latents_initial"),
        ".npy" => throw new InvalidFileException(path,
            "is a NumPy array; --latents-in reads .safetensors. In Python: safetensors.numpy.save_file({\"latents_initial\": numpy.load(\"latents.npy\")}, \"latents.safetensors\")"),
        _ => throw new InvalidFileException(path, "is no .safetensors file. In Python: safetensors.torch.save_file({\"latents_initial\": latents}, \"latents.safetensors\")"),
    };
}
