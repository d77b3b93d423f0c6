using System.IO.MemoryMappedFiles;
using System.Text;

namespace Fuzz.Engine;

/// <summary>
/// Ends the process at an input that never comes to an end, and leaves the running input's number in a file: what kills the process
/// (a stack that overflows, a fault in native code) can be repeated by it.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private const int NumberLength = 20;

    private readonly FuzzTarget _target;
    private readonly int _seed;
    private readonly FailureFolder _failures;
    private readonly string _path;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Timer _timer;
    private readonly byte[] _number = new byte[NumberLength];
    private readonly Lock _gate = new();
    private byte[]? _input;
    private long _index;
    private TimeSpan _began;

    public Watchdog(FuzzTarget target, int seed, FailureFolder failures)
    {
        (_target, _seed, _failures) = (target, seed, failures);
        _path = failures.RunningFile(target, seed);
        _file = MemoryMappedFile.CreateFromFile(_path, FileMode.Create, null, NumberLength);
        _view = _file.CreateViewAccessor();
        _timer = new Timer(_ => Look(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    public void Begin(long index, byte[] input)
    {
        Encoding.ASCII.GetBytes(index.ToString("D20", System.Globalization.CultureInfo.InvariantCulture), _number);
        _view.WriteArray(0, _number, 0, NumberLength);
        lock (_gate) (_index, _input, _began) = (index, input, Environment.CpuUsage.TotalTime);
    }

    public void End()
    {
        lock (_gate) _input = null;
    }

    public void Dispose()
    {
        _timer.Dispose();
        _view.Dispose();
        _file.Dispose();
        File.Delete(_path);
    }

    private void Look()
    {
        lock (_gate)
        {
            // Twice the bound, so that what only takes too long is told of as such.
            if (_input is null || Environment.CpuUsage.TotalTime - _began < 2 * _target.Bounds.ProcessorTime) return;
            _failures.Keep(_target, _seed, _index, _input, $"no end after {2 * _target.Bounds.ProcessorTime.TotalSeconds} s of processor time", null);
            Environment.Exit(1);
        }
    }
}
