using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>The ONNX checker's rules, as far as editing could break them.</summary>
internal static class GraphChecker
{
    public static void Check(OnnxModelFile model)
    {
        ModelProto proto = model.Proto;
        GraphProto graph = proto.Graph;
        HashSet<string> domains = [.. proto.OpsetImport.Select(opset => opset.Domain)];
        Assert.Equal(proto.OpsetImport.Count, domains.Count);
        Unique(graph.Node.Select(node => node.Name).Where(name => name.Length > 0), "node name");
        Unique(graph.Input.Select(value => value.Name), "input");
        Unique(graph.Output.Select(value => value.Name), "output");
        Unique(graph.Initializer.Select(tensor => tensor.Name), "initializer");
        Unique(proto.MetadataProps.Select(entry => entry.Key), "metadata key");
        foreach (ValueInfoProto value in graph.Input.Concat(graph.Output))
        {
            Assert.True(value.Type?.TensorType is { ElemType: > 0 }, $"'{value.Name}' has no element type");
            Assert.NotNull(value.Type.TensorType.Shape);
        }
        HashSet<string> known = [.. graph.Input.Select(value => value.Name), .. graph.Initializer.Select(tensor => tensor.Name)];
        foreach (NodeProto node in graph.Node)
        {
            Assert.NotEmpty(node.OpType);
            Assert.True(domains.Contains(node.Domain) || node.Domain.Length == 0 && domains.Contains("ai.onnx"), $"domain '{node.Domain}' of {node.Name} is not imported");
            Assert.All(TopologicalOrder.Uses(node), input => Assert.True(known.Contains(input), $"'{input}' of {node.Name} is not made before it"));
            Assert.All(node.Output.Where(output => output.Length > 0), output => Assert.True(known.Add(output), $"'{output}' is made twice"));
            Unique(node.Attribute.Select(attribute => attribute.Name), $"attribute of {node.Name}");
            Assert.All(node.Attribute, attribute => Assert.True(attribute.HasType || attribute.HasRefAttrName, $"{attribute.Name} of {node.Name} has no type"));
        }
        Assert.All(graph.Output, output => Assert.Contains(output.Name, known));
    }

    private static void Unique(IEnumerable<string> names, string what)
    {
        HashSet<string> seen = [];
        Assert.All(names, name => Assert.True(seen.Add(name), $"{what} '{name}' occurs twice"));
    }
}
