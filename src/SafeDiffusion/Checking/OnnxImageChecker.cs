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

    /// <inheritdoc/>
    public IReadOnlyList<ImageCheck> Check(IReadOnlyList<RgbImage> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return [.. _network.Run(images, [_options.Output], cancellationToken).SelectMany(run => Answers(run.Images.Length, run.Outputs[0]))];
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

    private static void RequireDecision(OnnxSession session, ImageNetwork network, OnnxImageCheckerOptions options)
    {
        (string output, int[] shape) = network.Output(options.Output);
        bool isTruth = session.Outputs[output].ElementDataType == TensorElementType.Bool;
        if (shape.Length is not (1 or 2)) throw new InvalidFileException(network.File, $"{output} has {shape.Length} axes; [B] or [B, labels] is needed.");
        if (isTruth && options.Threshold is not null) throw new InvalidRequestException("threshold", $"must be left out: {output} holds truth values.");
        if (!isTruth && options.Threshold is null) throw new InvalidRequestException("threshold", $"is needed: {output} holds scores, not truth values.");
    }

    private IEnumerable<ImageCheck> Answers(int count, OutputTensor output)
    {
        if (output.Shape.Length == 0 || output.Shape[0] != count || output.Values.Length < count)
            throw _network.Failure($"{_options.Output} has the shape [{string.Join(", ", output.Shape)}] for {count} pictures.");
        return Enumerable.Range(0, count).Select(i => Answer(output.Row(i)));
    }

    private ImageCheck Answer(ReadOnlySpan<float> row)
    {
        float highest = System.Numerics.Tensors.TensorPrimitives.Max(row);
        bool isFlagged = highest >= (_options.Threshold ?? 0.5);
        return new ImageCheck(isFlagged, _options.Threshold is null ? null : highest, isFlagged ? _options.Reason : null);
    }
}
