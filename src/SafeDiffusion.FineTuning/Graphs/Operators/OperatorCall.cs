using SafeDiffusion.Instrumentation.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>A node that is run, with the tensors that it uses.</summary>
/// <param name="File">The model file, for messages.</param>
/// <param name="Node">The node.</param>
/// <param name="Opset">The version of ONNX's own operator set.</param>
/// <param name="Precision">What all floating-point values are computed in.</param>
/// <param name="Device">What computes; integers and small constants stay with the processor, which reads shapes of them, until they meet others.</param>
/// <param name="Inputs">Its inputs; null for one that is left out.</param>
internal sealed record OperatorCall(string File, OnnxNode Node, long Opset, ScalarType Precision, Device Device, Tensor?[] Inputs)
{
    private readonly bool _moves = Device.type != DeviceType.CPU && Inputs.Any(input => input is not null && input.device_type != DeviceType.CPU);


    /// <summary>An input that must be there.</summary>
    public Tensor this[int index] => Optional(index) ?? throw Refuse($"its input {index} is left out");

    /// <summary>An input, where the others are; null where it is left out.</summary>
    public Tensor? Optional(int index) => Where(index) is { } input && _moves && input.device_type == DeviceType.CPU ? input.to(Device) : Where(index);

    /// <summary>An input where it is, to be read as numbers; null where it is left out.</summary>
    public Tensor? Where(int index) => index < Inputs.Length ? Inputs[index] : null;

    /// <summary>An input's integers; null where it is left out.</summary>
    public long[]? Longs(int index) => Where(index) is { } tensor ? Values<long>(tensor, ScalarType.Int64) : null;

    /// <summary>An input's numbers; null where it is left out, or is empty as an input that is skipped may be.</summary>
    public float[]? Singles(int index) => Where(index) is { } tensor && tensor.numel() > 0 ? Values<float>(tensor, ScalarType.Float32) : null;

    /// <summary>Integers that newer operator sets give as an input and older ones as an attribute.</summary>
    public long[]? LongsOrAttribute(int index, string attribute) => Longs(index) ?? (Node.Ints(attribute) is { } values ? [.. values] : null);

    /// <summary>An axis counted from the front.</summary>
    public int Axis(long axis, long rank)
    {
        long counted = axis < 0 ? axis + rank : axis;
        return counted >= 0 && counted < rank ? (int)counted : throw Refuse($"its axis {axis} is not within the {rank} dimensions of its input");
    }

    /// <summary>Refuses an attribute that says anything else than what can be run.</summary>
    public void RequireText(string attribute, params string[] allowed)
    {
        if (Node.Text(attribute) is { } text && !allowed.Contains(text)) throw Refuse($"its {attribute} is '{text}'; {string.Join(" or ", allowed)} can be run");
    }

    /// <summary>The node's error, to be thrown.</summary>
    public UnsupportedGraphException Refuse(string reason) => new(File, Node.Name, $"{Node.Operator}, opset {Opset}", reason + ".");

    private static T[] Values<T>(Tensor tensor, ScalarType type) where T : unmanaged
    {
        using Tensor converted = tensor.detach().cpu().to(type).contiguous();
        return converted.data<T>().ToArray();
    }
}
