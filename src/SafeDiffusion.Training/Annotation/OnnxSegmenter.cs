using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Training.Annotation;

/// <summary>
/// Marks the concept with a segmentation network in ONNX: one input <c>[1, 3, H, W]</c> with values from -1 to 1, one output
/// <c>[1, C, H, W]</c> of which one channel is read; a pixel is marked where it is above a threshold. The network takes pictures of the size
/// that is drawn.
/// </summary>
public sealed class OnnxSegmenter : IMaskAnnotator, IDisposable
{
    private readonly OnnxSession _session;
    private readonly string _input;
    private readonly string _output;
    private readonly int _channels;
    private readonly int _channel;
    private readonly float _threshold;

    /// <summary>Loads a network.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="channel">The output's channel that stands for the concept, from 0.</param>
    /// <param name="threshold">Values above it are marked: 0 for logits, 0.5 for probabilities.</param>
    /// <exception cref="InvalidFileException">The file is missing, damaged, or of another form.</exception>
    /// <exception cref="InvalidRequestException">The output has no such channel.</exception>
    public OnnxSegmenter(string path, int channel = 0, float threshold = 0)
    {
        _session = NetworkLoader.Load("segmenter", OnnxModelFile.Load(path), new ProviderSettings(ExecutionProvider.Cpu, null));
        _threshold = threshold;
        _channel = channel;
        if (_session.Inputs.Count != 1 || _session.Outputs.Count != 1) throw new InvalidFileException(path, "has not one input and one output, as a segmenter needs.");
        (_input, NodeMetadata input) = _session.Inputs.Single();
        (_output, NodeMetadata output) = _session.Outputs.Single();
        FloatTensor.RequireFloat(input, _input, path);
        FloatTensor.RequireFloat(output, _output, path);
        if (input.Dimensions is not [_, 3, _, _] || output.Dimensions is not [_, > 0, _, _])
        {
            throw new InvalidFileException(path, "is no segmenter of this form: [1, 3, H, W] in, [1, C, H, W] out.");
        }
        _channels = output.Dimensions[1];
        if (channel < 0 || channel >= _channels) throw new InvalidRequestException("channel", $"is {channel}; the segmenter's are 0 to {_channels - 1}.");
    }

    /// <inheritdoc/>
    public string Description => $"segmenter {Path.GetFileName(_session.File)}, channel {_channel}";

    /// <inheritdoc/>
    /// <exception cref="InferenceException">The network failed, or does not take pictures of this size.</exception>
    public ConceptMask Annotate(string name, RgbImage image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        using FloatTensor input = new(_session.Inputs[_input].ElementDataType, 1, 3, image.Height, image.Width);
        using FloatTensor output = new(_session.Outputs[_output].ElementDataType, 1, _channels, image.Height, image.Width);
        image.ToPlanar(input.Values);
        input.BeforeRun();
        _session.RunOnce(_input, input.OrtValue, _output, output, cancellationToken);
        int size = image.Width * image.Height;
        return new ConceptMask(image.Width, image.Height, [.. output.Values.AsSpan(_channel * size, size).ToArray().Select(value => value > _threshold)]);
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
