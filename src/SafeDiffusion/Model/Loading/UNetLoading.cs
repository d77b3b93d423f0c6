using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Model.Loading;

/// <summary>
/// A UNet that is loaded while other networks are: ONNX Runtime packs weights on one thread, and the UNet takes longest. Holds its session.
/// On a GPU it is loaded when it is waited for.
/// </summary>
internal sealed class UNetLoading : IDisposable
{
    private readonly Lazy<Task<(OnnxSession Session, InstrumentationRecord? Record)>> _loading;

    public UNetLoading(OnnxModelFile file, ModelSettings settings)
    {
        _loading = new(() => Task.Factory.StartNew(() => UNetLoader.Load(file, settings), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        if (settings.Provider.Provider == ExecutionProvider.Cpu) _ = _loading.Value;
    }

    /// <summary>The session, and what was added to its graph; throws what loading threw.</summary>
    public (OnnxSession Session, InstrumentationRecord? Record) Wait() => _loading.Value.GetAwaiter().GetResult();

    /// <summary>Waits for what has begun: a session cannot be left half made.</summary>
    public void Dispose()
    {
        if (!_loading.IsValueCreated) return;
        _loading.Value.ContinueWith(static done => done.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait();
        if (_loading.Value.IsCompletedSuccessfully) _loading.Value.Result.Session.Dispose();
    }
}
