using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Quantization;

namespace SafeDiffusion.Instrumentation;

/// <summary>Lets the convolutions and matrix products of a VAE decoder run in 8-bit whole numbers, as <see cref="UNetQuantization"/> does those of a UNet.</summary>
public static class DecoderQuantization
{
    private static readonly GraphQuantization _graphs = new(QuantizableGraph.OfDecoder, RequireQuantizable);

    /// <summary>What a decoder's metadata says of its quantisation; its hashes are of the decoder's weights alone. Null for one that this library has not quantised.</summary>
    /// <exception cref="InvalidFileException">The metadata is damaged.</exception>
    public static QuantizationRecord? RecordOf(OnnxModelFile model) => QuantizationRecord.Of(model);

    /// <summary>The layers that can run in whole numbers, in the order of evaluation; all but the first and the last convolution.</summary>
    /// <param name="model">The decoder.</param>
    /// <exception cref="GraphNotUnderstoodException">It has other inputs than the latents.</exception>
    /// <exception cref="InvalidFileException">It is quantised already, breaks the rules of ONNX, or has no such layer.</exception>
    public static IReadOnlyList<QuantizableLayer> Layers(OnnxModelFile model) => _graphs.Layers(model);

    /// <summary>The decoder with some of its values as further outputs, to observe them.</summary>
    /// <param name="model">The decoder; it is left as it is.</param>
    /// <param name="values">The values, each once.</param>
    /// <exception cref="GraphNotUnderstoodException">It has other inputs than the latents.</exception>
    public static OnnxModelFile Observe(OnnxModelFile model, IReadOnlyCollection<string> values) => _graphs.Observe(model, values);

    /// <summary>The decoder with layers in whole numbers, in memory; the other weights stay where they are.</summary>
    /// <param name="model">The decoder; it is left as it is.</param>
    /// <param name="layers">The layers, with what was observed of them; at least one.</param>
    /// <param name="baseHash">The hash of its weights as they are, for the record.</param>
    /// <exception cref="GraphNotUnderstoodException">It has other inputs than the latents.</exception>
    /// <exception cref="InvalidFileException">It is quantised already, has no such layer, or a weight cannot be read.</exception>
    public static OnnxModelFile Apply(OnnxModelFile model, IReadOnlyList<QuantizedLayer> layers, string baseHash) => _graphs.Apply(model, layers, baseHash);

    /// <summary>Writes the decoder with layers in whole numbers; all external weights go to one new file beside it (<c>model.int8.weights</c>).</summary>
    /// <param name="model">The decoder; it is left as it is.</param>
    /// <param name="layers">The layers, with what was observed of them; at least one.</param>
    /// <param name="baseHash">The hash of its weights as they are, for the record.</param>
    /// <param name="tool">What writes, with its version, for the record.</param>
    /// <param name="path">The file to write, in another folder than the decoder's.</param>
    /// <param name="progress">Is told of every layer.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind.</param>
    /// <returns>What was written into the decoder's metadata.</returns>
    /// <exception cref="GraphNotUnderstoodException">It has other inputs than the latents.</exception>
    /// <exception cref="InvalidFileException">It is quantised already or has no such layer, or a file cannot be read or written.</exception>
    public static QuantizationRecord Write(OnnxModelFile model, IReadOnlyList<QuantizedLayer> layers, string baseHash, string tool, string path,
        IProgress<QuantizingProgress>? progress = null, CancellationToken cancellationToken = default) => _graphs.Write(model, [], layers, baseHash, tool, path, progress, cancellationToken);

    /// <summary>Refuses a decoder that is quantised.</summary>
    /// <exception cref="InvalidFileException">It is.</exception>
    public static void RequireQuantizable(OnnxModelFile model) => GraphQuantization.RequireUnquantized(model);
}
