using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>A node with what is known of its inputs.</summary>
internal sealed record Operation(NodeProto Node, Facts[] Inputs, long Opset)
{
    public Facts this[int index] => index < Inputs.Length ? Inputs[index] : Facts.Unknown;

    public bool Has(int index) => Node.InputAt(index).Length > 0;

    public Facts First => this[0];

    /// <summary>Axes that are an attribute in old operator sets and an input in newer ones; empty where none are given, null where not known.</summary>
    public long[]? Axes(int input) => Node.Ints("axes") ?? (Has(input) ? this[input].Integers : []);

    public int Axis(string name, long otherwise, int rank)
    {
        long axis = Node.Int(name, otherwise);
        return checked((int)(axis < 0 ? axis + rank : axis));
    }
}
