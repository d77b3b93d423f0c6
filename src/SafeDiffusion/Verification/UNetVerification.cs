using System.Globalization;
using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Editing;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Verification;

/// <summary>
/// Compares an exported UNet, plain and instrumented, with what another program computes for it: how somebody with PyTorch at hand
/// makes sure that his own export is read rightly (docs/instrumentation.md tells how to write the reference file).
/// </summary>
public static class UNetVerification
{
    /// <summary>The relative difference that float32 graphs keep within, between runtimes.</summary>
    public const double DefaultTolerance = 1e-4;

    /// <summary>The relative difference that float16 graphs keep within, against a float32 reference.</summary>
    public const double DefaultHalfTolerance = 1e-2;

    /// <summary>Runs every comparison that the reference file has tensors for.</summary>
    /// <param name="unetFolder">The folder that holds the UNet's <c>model.onnx</c>; nothing is written.</param>
    /// <param name="referenceFile">A safetensors file in the form of docs/instrumentation.md.</param>
    /// <param name="tolerance">The greatest relative difference allowed, above 0; null for the default of the graph's type.</param>
    /// <param name="provider">What runs the UNet.</param>
    /// <param name="cancellationToken">Ends the run within one UNet call.</param>
    /// <exception cref="InvalidFileException">A file is missing or damaged, or the reference lacks an input that a comparison needs.</exception>
    /// <exception cref="GraphNotUnderstoodException">The UNet's cross-attention is not understood.</exception>
    /// <exception cref="InvalidRequestException">The tolerance is not above 0.</exception>
    public static VerificationReport Run(
        string unetFolder, string referenceFile, double? tolerance = null, ExecutionProvider provider = ExecutionProvider.Cpu,
        CancellationToken cancellationToken = default)
    {
        if (tolerance is not null and not > 0) throw new InvalidRequestException("tolerance", $"must be above 0, and is {tolerance}.");
        OnnxModelFile plain = OnnxModelFile.Load(Path.Combine(unetFolder, "model.onnx"));
        Reference reference = new(SafeTensorsFile.Load(referenceFile), referenceFile);
        OnnxModelFile edited = UNetInstrumentation.Instrument(plain, new InstrumentationOptions { DetectionLayers = reference.DetectionLayers });
        ProviderSettings settings = new(provider, null);
        List<TensorComparison> comparisons = [];
        using (OnnxDenoiser denoiser = new(NetworkLoader.Load("unet", plain, settings)))
        {
            UNetRun run = new(denoiser, reference, comparisons, cancellationToken);
            run.Compare("plain graph", AttentionFeatures.None, "out_sample");
        }
        using (OnnxDenoiser denoiser = new(NetworkLoader.Load("unet", edited, settings, isEdited: true)))
        {
            UNetRun run = new(denoiser, reference, comparisons, cancellationToken);
            run.Compare("neutral inputs", AttentionFeatures.None, "out_sample");
            run.Compare("detection", AttentionFeatures.Detect, "detection_scores");
            run.Compare("re-weighting", AttentionFeatures.Reweight, "out_sample_token_scale");
            run.Compare("inhibition", AttentionFeatures.Inhibit, "out_sample_inhibit", "inhibitor_response");
            run.Compare("inhibition by zero", AttentionFeatures.Inhibit, "inhibitor_response_neutral");
            run.Compare("all features", AttentionFeatures.All, "out_sample_all", "detection_scores_all", "inhibitor_response_all");
        }
        if (comparisons.Count == 0)
        {
            throw new InvalidFileException(referenceFile, "holds no tensor to compare with; out_sample is the least (docs/instrumentation.md).");
        }
        return new VerificationReport(comparisons, tolerance ?? (plain.HoldsHalfPrecision ? DefaultHalfTolerance : DefaultTolerance));
    }

    /// <summary>A reference file: inputs, expected outputs, and what its metadata says.</summary>
    internal sealed class Reference(SafeTensorsFile file, string path)
    {
        public int Timestep => int.TryParse(Metadata("timestep"), NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw new InvalidFileException(path, $"metadata timestep is '{Metadata("timestep")}', not a whole number.");

        /// <summary>The layers that the detection scores are the mean of, found by their place among all layers; names differ between exporters.</summary>
        public LayerSelection DetectionLayers
        {
            get
            {
                if (!file.Metadata.ContainsKey("detection_layers")) return LayerSelection.Detection;
                string[] layers = Names("layers");
                int[] indices = [.. Names("detection_layers").Select(name => Array.IndexOf(layers, name))];
                return !indices.Contains(-1)
                    ? LayerSelection.ByIndex(indices)
                    : throw new InvalidFileException(path, "metadata detection_layers names a layer that metadata layers does not list.");
            }
        }

        public bool Has(string tensor) => file.Tensors.ContainsKey(tensor);

        public StoredTensor Tensor(string name, int rank)
        {
            StoredTensor tensor = file.Get(name);
            if (tensor.Type == ElementType.F32 && tensor.Shape.Length == rank) return tensor;
            throw new InvalidFileException(path, $"{name} is {tensor}; float32 of rank {rank} is needed.");
        }

        private string Metadata(string key) => file.Metadata.TryGetValue(key, out string? value)
            ? value
            : throw new InvalidFileException(path, $"lacks the metadata {key}.");

        private string[] Names(string key)
        {
            try
            {
                return JsonSerializer.Deserialize<string[]>(Metadata(key)) ?? [];
            }
            catch (JsonException error)
            {
                throw new InvalidFileException(path, $"metadata {key} is not a JSON list of texts.", error);
            }
        }
    }
}
