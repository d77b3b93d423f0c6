using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Fixtures.Onnx;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Sessions;

/// <summary>Graph layer: a cancellation ends a network's call in progress.</summary>
public sealed class CancellationTests
{
    /// <summary>ONNX's number of it; the library has no use for the type.</summary>
    private const OnnxElementType Bool = (OnnxElementType)9;

    /// <summary>A loop without end, which nothing but the cancellation ends; whenever it comes, nothing is asked of the clock.</summary>
    [Fact]
    public async Task ItEndsACallThatHasNoEnd()
    {
        using TemporaryFolder folder = new();
        string path = SaveEndlessLoop(folder.File("loop.onnx"));
        ProviderSettings settings = new(ExecutionProvider.Cpu, 1);
        using SessionOptions options = settings.CreateOptions();
        using OnnxSession session = OnnxSession.Create("loop", path, settings, () => new InferenceSession(path, options));
        using FloatTensor input = new(TensorElementType.Float, 1);
        using FloatTensor output = new(TensorElementType.Float, 1);
        using CancellationTokenSource source = new();
        TaskCompletionSource begins = new();
        Task running = Task.Factory.StartNew(() =>
        {
            begins.SetResult();
            session.RunOnce("x", input.OrtValue, "y", output, source.Token);
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await begins.Task;
        // So that the call has most likely begun; one that has not ends as well.
        await Task.Delay(100);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static string SaveEndlessLoop(string path)
    {
        GraphProto body = new() { Name = "body" };
        body.Input.Add([Declare("turn", OnnxElementType.Int64), Declare("on", Bool), Declare("before", OnnxElementType.Float32, 1)]);
        body.Node.Add(new NodeProto { OpType = "Identity", Input = { "on" }, Output = { "still_on" } });
        body.Node.Add(new NodeProto { OpType = "Cos", Input = { "before" }, Output = { "after" } });
        body.Output.Add([Declare("still_on", Bool), Declare("after", OnnxElementType.Float32, 1)]);
        TinyGraph graph = new TinyGraph().Input("x", OnnxElementType.Float32, 1);
        string turns = graph.Integers([long.MaxValue], []);
        AttributeProto attribute = new() { Name = "body", Type = AttributeProto.Types.AttributeType.Graph, G = body };
        // Without a condition it goes on for all of its turns.
        string value = graph.Node("Loop", [turns, "", "x"], attribute);
        return graph.Output("y", OnnxElementType.Float32, value, 1).Save(path);
    }

    private static ValueInfoProto Declare(string name, OnnxElementType type, params long[] sizes)
    {
        TensorShapeProto shape = new();
        shape.Dim.Add(sizes.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }
}
