namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>Says what seems to have made a model file. For the reader's eyes only: nothing depends on it.</summary>
internal static class ExporterRecognition
{
    public static string Describe(OnnxModelFile model)
    {
        string maker = Maker(model);
        return HasFloat16Casts(model.Proto.Graph) ? $"{maker}, then the ONNX Runtime float16 tool" : maker;
    }

    private static string Maker(OnnxModelFile model)
    {
        string producer = model.ProducerName.ToLowerInvariant();
        string version = model.ProducerVersion;
        if (producer.Contains("olive", StringComparison.Ordinal))
            return Join("Olive", version);
        if (producer.StartsWith("onnxruntime", StringComparison.Ordinal))
            return Join("ONNX Runtime transformer tool", version);
        if (producer == "pytorch")
            return FromPyTorch(model, version);
        return producer.Length > 0 ? Join($"unknown ({model.ProducerName})", version) : "unknown";
    }

    private static string FromPyTorch(OnnxModelFile model, string version)
    {
        if (IsTorchExport(model.Proto.Graph))
            return $"PyTorch {version} torch.export (dynamo)";
        string script = $"PyTorch {version} TorchScript";
        return model.Inputs.Any(input => input.Dimensions?.Any(dimension => dimension.Symbol == "batch_size") == true)
            ? $"{script}, probably by optimum"
            : script;
    }

    private static bool IsTorchExport(GraphProto graph) =>
        graph.Node.Any(node => node.MetadataProps.Any(entry => entry.Key.StartsWith("pkg.torch.", StringComparison.Ordinal) || entry.Key == "namespace"))
        || graph.Node.Count(node => node.Name.StartsWith("node_", StringComparison.Ordinal)) > graph.Node.Count / 2;

    private static bool HasFloat16Casts(GraphProto graph) => graph.Node.Any(node =>
        node.OpType == "Cast" && (node.Name.StartsWith("graph_input_cast", StringComparison.Ordinal)
            || node.Name.StartsWith("graph_output_cast", StringComparison.Ordinal)));

    private static string Join(string name, string version) => version.Length > 0 ? $"{name} {version}" : name;
}
