using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Editing;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation;

/// <summary>Finds the cross-attention of an exported UNet, and adds inputs and outputs to read and steer it.</summary>
public static class UNetInstrumentation
{
    /// <summary>Lists the attention layers of a UNet, found by following the data from the text states; names play no part.</summary>
    /// <param name="model">A UNet, instrumented or not.</param>
    /// <exception cref="GraphNotUnderstoodException">The graph is not one whose cross-attention can be found with certainty.</exception>
    /// <exception cref="InvalidFileException">The graph breaks the rules of ONNX.</exception>
    public static UNetAnalysis Analyze(OnnxModelFile model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return UNetAnalyzer.Analyze(Instrumented.Undone(model)) with { Instrumentation = RecordOf(model) };
    }

    /// <summary>Adds features to a UNet; the spec's choice of layers where none are named.</summary>
    /// <param name="model">The UNet; it is left as it is. One that is instrumented already is returned itself where it was asked for the
    /// same, and is done anew where it was asked for something else.</param>
    /// <param name="features">What to add.</param>
    /// <param name="layers">Where, for every feature; null for each feature's default.</param>
    /// <returns>The edited model, sorted topologically, which refers to the same external data.</returns>
    /// <exception cref="GraphNotUnderstoodException">The graph is not one whose cross-attention can be found with certainty.</exception>
    /// <exception cref="LayerNotFoundException">A selection fits no layer.</exception>
    /// <exception cref="InvalidFileException">The graph breaks the rules of ONNX.</exception>
    /// <exception cref="ArgumentException">No feature is asked for.</exception>
    public static OnnxModelFile Instrument(OnnxModelFile model, AttentionFeatures features, LayerSelection? layers = null) =>
        Instrument(model, layers is null
            ? new InstrumentationOptions { Features = features }
            : new InstrumentationOptions { Features = features, DetectionLayers = layers, ReweightedLayers = layers, InhibitedLayers = layers });

    /// <summary>Adds features to a UNet.</summary>
    /// <param name="model">The UNet; see the other overload.</param>
    /// <param name="options">What to add, and where.</param>
    /// <inheritdoc cref="Instrument(OnnxModelFile, AttentionFeatures, LayerSelection?)"/>
    public static OnnxModelFile Instrument(OnnxModelFile model, InstrumentationOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        if ((options.Features & AttentionFeatures.All) == AttentionFeatures.None)
            throw new ArgumentException("No feature is asked for.", nameof(options));
        UNetAnalysis analysis = UNetAnalyzer.Analyze(Instrumented.Undone(model));
        InstrumentationPlan plan = InstrumentationPlan.Of(model.Path, analysis, options);
        if (RecordOf(model) is { } done && plan.IsDoneBy(done))
            return model;
        return UNetEditor.Edit(model.Path, analysis, plan);
    }

    /// <summary>What has been added to a model; null for one that is not instrumented.</summary>
    /// <exception cref="InvalidFileException">The model's metadata is damaged.</exception>
    public static InstrumentationRecord? RecordOf(OnnxModelFile model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return InstrumentationMetadata.Read(model)?.Record;
    }
}
