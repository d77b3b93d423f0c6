using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Checking;

/// <summary>
/// A safety checker in ONNX with the interface of Stable Diffusion's: inputs <c>clip_input</c> [B, 3, 224, 224] and <c>images</c>, outputs
/// <c>has_nsfw_concepts</c> [B] and <c>out_images</c>, of which the last is not used. A network without <c>images</c> will do as well.
/// </summary>
public sealed class OnnxImageChecker : IImageChecker
{
    private const string MaskedInput = "images";

    private readonly ImageNetwork _network;
    private readonly OnnxImageCheckerOptions _options;

    private OnnxImageChecker(ImageNetwork network, OnnxImageCheckerOptions options)
    {
        _network = network;
        _options = options;
    }

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <summary>Whether a model folder holds a safety checker, as published Stable Diffusion v1 folders do.</summary>
    /// <param name="modelFolder">The model folder.</param>
    public static bool IsInModel(string modelFolder)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelFolder);
        return File.Exists(FileInModel(modelFolder));
    }

    /// <summary>
    /// Loads the safety checker of a model folder, <c>safety_checker/model.onnx</c>. What it reads of a picture is said by
    /// <c>feature_extractor/preprocessor_config.json</c>, where that is there, instead of the options.
    /// </summary>
    /// <param name="modelFolder">The model folder.</param>
    /// <param name="options">How to read it; null for Stable Diffusion's own.</param>
    /// <exception cref="InvalidFileException">The folder holds no checker, or a file is damaged or says what cannot be done.</exception>
    /// <inheritdoc cref="Load"/>
    public static OnnxImageChecker LoadFromModel(string modelFolder, OnnxImageCheckerOptions? options = null)
    {
        options ??= new OnnxImageCheckerOptions();
        string file = FileInModel(modelFolder);
        if (!IsInModel(modelFolder)) throw new InvalidFileException(file, "is missing: the model folder holds no safety checker. Name a checker's own file, or export the model with its safety checker.");
        string settings = Path.Combine(modelFolder, "feature_extractor", "preprocessor_config.json");
        return Load(file, File.Exists(settings) ? options with { Input = PreprocessorConfig.Load(settings) with { Name = options.Input.Name } } : options);
    }

    /// <summary>Loads a checker.</summary>
    /// <param name="path">The network, <c>safety_checker/model.onnx</c> of a Stable Diffusion export.</param>
    /// <param name="options">How to read it; null for Stable Diffusion's own.</param>
    /// <exception cref="InvalidFileException">The file is missing, damaged, or its inputs or outputs are others.</exception>
    /// <exception cref="InvalidRequestException">An option is out of its range, or the threshold does not go with the output's type.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    public static OnnxImageChecker Load(string path, OnnxImageCheckerOptions? options = null)
    {
        options ??= new OnnxImageCheckerOptions();
        options.Input.Validate("input");
        if (options.Threads is < 1) throw new InvalidRequestException("threads", $"must be at least 1, and is {options.Threads}.");
        if (options.Threshold is { } threshold && !double.IsFinite(threshold)) throw new InvalidRequestException("threshold", "must be a finite number.");
        OnnxSession session = NetworkLoader.Load(options.Name, OnnxModelFile.Load(path), new ProviderSettings(options.Provider, options.Threads));
        ImageNetwork network = new(session, Inputs(session, options.Input));
        try
        {
            RequireDecision(session, network, options);
            return new OnnxImageChecker(network, options);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Checks pictures one after another: published checkers fail with two, though their graphs leave the number open.</summary>
    /// <inheritdoc/>
    public IReadOnlyList<ImageCheck> Check(IReadOnlyList<RgbImage> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return [.. images.SelectMany(image => _network.Run([image], [_options.Output], cancellationToken)).Select(run => Answer(run.Outputs[0]))];
    }

    /// <summary>Frees the network.</summary>
    public void Dispose() => _network.Dispose();

    /// <summary>
    /// The checker blackens what it flags in its input <c>images</c> and gives that back. Nothing reads it, so it gets a picture of the size
    /// that it states, or of the network's own.
    /// </summary>
    private static ImageInput[] Inputs(OnnxSession session, ImageInput input)
    {
        if (input.Name == MaskedInput || !session.Inputs.TryGetValue(MaskedInput, out var node) || node.Dimensions is not [_, var first, var second, var third])
            return [input];
        bool isPlanar = first == RgbImage.Channels;
        (int height, int width) = isPlanar ? (second, third) : (first, second);
        return
        [
            input,
            new ImageInput
            {
                Name = MaskedInput,
                Width = width > 0 ? width : input.Width,
                Height = height > 0 ? height : input.Height,
                Layout = isPlanar ? ImageLayout.Nchw : ImageLayout.Nhwc,
            },
        ];
    }

    private static string FileInModel(string modelFolder) => Path.Combine(modelFolder, "safety_checker", "model.onnx");

    private static void RequireDecision(OnnxSession session, ImageNetwork network, OnnxImageCheckerOptions options)
    {
        (string output, int[] shape) = network.Output(options.Output);
        bool isTruth = session.Outputs[output].ElementDataType == TensorElementType.Bool;
        // An export that leaves the shape out says no axes.
        if (shape.Length > 2) throw new InvalidFileException(network.File, $"{output} has {shape.Length} axes; [B] or [B, labels] is needed.");
        if (isTruth && options.Threshold is not null) throw new InvalidRequestException("threshold", $"must be left out: {output} holds truth values.");
        if (!isTruth && options.Threshold is null) throw new InvalidRequestException("threshold", $"is needed: {output} holds scores, not truth values.");
    }

    private ImageCheck Answer(OutputTensor output)
    {
        bool isOfOne = output.Values.Length > 0 && (output.Shape.Length == 0 || output.Shape[0] == 1);
        if (!isOfOne) throw _network.Failure($"{_options.Output} has the shape [{string.Join(", ", output.Shape)}] for one picture.");
        float highest = System.Numerics.Tensors.TensorPrimitives.Max(output.Values);
        bool isFlagged = highest >= (_options.Threshold ?? 0.5);
        return new ImageCheck(isFlagged, _options.Threshold is null ? null : highest, isFlagged ? _options.Reason : null);
    }
}
