using System.Runtime.InteropServices;
using SafeDiffusion.FineTuning.Graphs.Operators;
using SafeDiffusion.Instrumentation.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs;

/// <summary>A node with what runs it, or several that are run as one.</summary>
internal sealed record GraphNode(string File, OnnxNode Node, long Opset, ScalarType Precision, Device Device, OperatorRunner Runner)
{
    /// <summary>The values that it uses: the node's, or those of all nodes that it stands for.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = Node.Inputs;

    /// <summary>The values that it makes.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = Node.Outputs;

    /// <summary>Whether its outputs depend on nothing but its inputs' shapes.</summary>
    public bool AsksForShapesOnly => Node.Operator is "Shape" or "Size" or "EyeLike";

    /// <exception cref="UnsupportedGraphException">Nothing runs the node.</exception>
    public static GraphNode Of(string file, OnnxNode node, long opset, ScalarType precision, Device device)
    {
        string shown = $"{node.Operator}, opset {opset}";
        if (node.HasGraphs) throw new UnsupportedGraphException(file, node.Name, shown, "it holds graphs of its own, which are not looked into.");
        OperatorRunner runner = OperatorTable.All.Find(node.Operator) ?? throw new UnsupportedGraphException(
            file, node.Name, shown, $"the operator is not known here. Export the model again without fusing, or with another exporter; known are {string.Join(", ", OperatorTable.All.Names)}.");
        return new GraphNode(file, node, opset, precision, device, runner);
    }

    /// <summary>Runs the node; none of its outputs is one of its inputs, so that each may be disposed of by itself.</summary>
    public Tensor[] Run(Tensor?[] inputs)
    {
        using DisposeScope scope = NewDisposeScope();
        OperatorCall call = new(File, Node, Opset, Precision, Device, inputs);
        try
        {
            Tensor[] outputs = Runner(call);
            for (int i = 0; i < outputs.Length; i++)
            {
                Tensor output = outputs[i];
                if (inputs.Any(input => ReferenceEquals(input, output))) outputs[i] = output.alias();
                outputs[i].MoveToOuterDisposeScope();
            }
            return outputs;
        }
        catch (Exception error) when (error is ExternalException or IndexOutOfRangeException or ArgumentException or InvalidOperationException)
        {
            throw new UnsupportedGraphException(File, Node.Name, $"{Node.Operator}, opset {Opset}",
                $"its inputs {string.Join(", ", inputs.Select(input => input is null ? "(none)" : $"{input.dtype} [{string.Join(", ", input.shape)}]"))} do not fit: {error.Message.Split('\n')[0]}", error);
        }
    }
}
