using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Networks;

/// <summary>A network that reads pictures: its inputs checked against what is to be made of a picture. Safe for several threads.</summary>
public sealed class ImageNetwork : IDisposable
{
    /// <summary>The most pictures in one call.</summary>
    private const int LargestBatch = 16;

    private readonly OnnxSession _session;
    private readonly (string Name, TensorElementType Type, ImageInput Input)[] _inputs;
    private readonly int? _fixedBatch;

    /// <summary>Checks a network's inputs; the session is owned from here on.</summary>
    /// <param name="session">The network.</param>
    /// <param name="inputs">What each of its inputs reads; the name may be null where there is one.</param>
    /// <exception cref="InvalidFileException">The network has other inputs, or of another type or shape.</exception>
    public ImageNetwork(OnnxSession session, params IReadOnlyList<ImageInput> inputs)
    {
        _session = session;
        try
        {
            _inputs = [.. inputs.Select(Bind)];
            string[] others = [.. session.Inputs.Keys.Except(_inputs.Select(input => input.Name)).Order(StringComparer.Ordinal)];
            if (others.Length > 0) throw new InvalidFileException(File, $"has the input {string.Join(", ", others)} too, which nothing would fill.");
            _fixedBatch = FixedBatch.Of(session, [.. _inputs.Select(input => input.Name)]);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>The network's file.</summary>
    public string File => _session.File;

    /// <summary>Whether several pictures go through in one call.</summary>
    public bool IsBatched => _fixedBatch is not 1;

    /// <summary>Loads a network.</summary>
    /// <param name="name">What the messages call it.</param>
    /// <param name="path">The <c>.onnx</c> file.</param>
    /// <param name="provider">What runs it.</param>
    /// <param name="inputs">What each of its inputs reads.</param>
    /// <exception cref="InvalidFileException">The file is missing, damaged, or its inputs are others.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    public static ImageNetwork Load(string name, string path, ProviderSettings provider, params IReadOnlyList<ImageInput> inputs) =>
        new(NetworkLoader.Load(name, OnnxModelFile.Load(path), provider), inputs);

    /// <summary>The name and description of an output; of the only one where no name is given.</summary>
    /// <exception cref="InvalidFileException">There is no such output, or there are several and none is named.</exception>
    public (string Name, int[] Shape) Output(string? name)
    {
        if (name is null && _session.Outputs.Count != 1)
            throw new InvalidFileException(File, $"has the outputs {string.Join(", ", _session.Outputs.Keys.Order(StringComparer.Ordinal))}; name the one to read.");
        (string found, NodeMetadata node) = _session.Output(name ?? _session.Outputs.Keys.Single());
        OutputTensor.RequireReadable(node, found, File);
        return (found, node.Dimensions);
    }

    /// <summary>Runs the network on pictures, together where it can; a batch of fixed size is filled up with the last picture.</summary>
    /// <param name="images">The pictures.</param>
    /// <param name="outputs">The outputs' names.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>One entry per call: the number of its pictures, and its outputs in the order of their names.</returns>
    /// <exception cref="InferenceException">The network failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IEnumerable<(RgbImage[] Images, OutputTensor[] Outputs)> Run(
        IEnumerable<RgbImage> images, IReadOnlyList<string> outputs, CancellationToken cancellationToken)
    {
        foreach (RgbImage[] batch in images.Chunk(_fixedBatch ?? LargestBatch)) yield return (batch, RunBatch(batch, outputs, cancellationToken));
    }

    /// <summary>An error of this network.</summary>
    public InferenceException Failure(string reason) => new(_session.Network, reason);

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private OutputTensor[] RunBatch(RgbImage[] images, IReadOnlyList<string> outputs, CancellationToken cancellationToken)
    {
        List<FloatTensor> tensors = [];
        try
        {
            using RunOptions options = new();
            using OrtIoBinding binding = _session.CreateBinding();
            foreach ((string name, TensorElementType type, ImageInput input) in _inputs)
            {
                FloatTensor tensor = new(type, Shape(input, _fixedBatch ?? images.Length));
                tensors.Add(tensor);
                for (int i = 0; i < images.Length; i++) ImageTensor.Write(images[i], input, tensor.Values.AsSpan(i * input.Length, input.Length));
                FixedBatch.Fill(tensor.Values, images.Length, input.Length);
                tensor.BeforeRun();
                binding.BindInput(name, tensor.OrtValue);
            }
            foreach (string output in outputs) binding.BindOutputToDevice(output, OrtMemoryInfo.DefaultInstance);
            _session.Run(options, binding, cancellationToken);
            using IDisposableReadOnlyCollection<OrtValue> values = binding.GetOutputValues();
            OutputTensor[] results = [.. values.Select((value, i) => OfPictures(OutputTensor.Read(value), outputs[i], images.Length))];
            foreach (OutputTensor result in results.Where(result => result.Values.Length > 0)) _session.RequireFinite(result.Values);
            return results;
        }
        finally
        {
            foreach (FloatTensor tensor in tensors) tensor.Dispose();
        }
    }

    /// <summary>What was computed of pictures, without that of the filling.</summary>
    private OutputTensor OfPictures(OutputTensor output, string name, int count)
    {
        if (_fixedBatch is not { } batch || batch == count) return output;
        if (output.Shape is not [var first, ..] || first != batch)
            throw Failure($"{name} has the shape [{string.Join(", ", output.Shape)}]: it is not told which of it belongs to the {count} pictures that fill the batch of {batch}. Export the network with an open batch.");
        return new OutputTensor(output.Values[..(output.Values.Length / batch * count)], [count, .. output.Shape[1..]]);
    }

    private (string, TensorElementType, ImageInput) Bind(ImageInput input)
    {
        if (input.Name is null && _session.Inputs.Count != 1)
            throw new InvalidFileException(File, $"has the inputs {string.Join(", ", _session.Inputs.Keys.Order(StringComparer.Ordinal))}; name the one that reads the picture.");
        (string name, NodeMetadata node) = _session.Input(input.Name ?? _session.Inputs.Keys.Single());
        TensorElementType type = FloatTensor.RequireFloat(node, name, File);
        long[] expected = Shape(input, 1);
        bool fits = node.Dimensions.Length == expected.Length && node.Dimensions.Zip(expected).Skip(1).All(pair => pair.First < 0 || pair.First == pair.Second);
        if (fits) return (name, type, input);
        throw new InvalidFileException(File,
            $"{name} has the shape [{string.Join(", ", node.Dimensions)}], but the settings make [{string.Join(", ", expected)}] of a picture; look at width, height and layout.");
    }

    private static long[] Shape(ImageInput input, int count) => input.Layout == ImageLayout.Nchw
        ? [count, RgbImage.Channels, input.Height, input.Width]
        : [count, input.Height, input.Width, RgbImage.Channels];
}
