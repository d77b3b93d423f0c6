using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Sessions;

namespace GpuCheck;

/// <summary>Tensors in the GPU's memory that stay where they are; on the CPU, in its own.</summary>
internal sealed unsafe partial class DeviceBuffers(ExecutionProvider provider) : IDisposable
{
    private readonly bool _isCuda = provider == ExecutionProvider.Cuda;
    private readonly OrtMemoryInfo _memory = provider == ExecutionProvider.Cuda
        ? new OrtMemoryInfo("Cuda", OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Default)
        : new OrtMemoryInfo("Cpu", OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Default);

    private readonly Dictionary<string, (nint Address, OrtValue Value)> _tensors = [];

    private enum Direction
    {
        ToDevice = 1,
        FromDevice = 2,
    }

    public OrtValue Allocate(string name, TensorElementType type, long[] shape)
    {
        long bytes = shape.Aggregate(type == TensorElementType.Int64 ? 8L : 4L, (product, size) => product * size);
        nint address = 0;
        if (_isCuda) Check(cudaMalloc(&address, (nuint)bytes));
        else address = (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);
        OrtValue value = OrtValue.CreateTensorValueWithData(_memory, type, shape, address, bytes);
        _tensors[name] = (address, value);
        return value;
    }

    public void Write<T>(string name, ReadOnlySpan<T> values) where T : unmanaged
    {
        fixed (T* source = values) Copy(_tensors[name].Address, (nint)source, values.Length * sizeof(T), Direction.ToDevice);
    }

    public void Read<T>(string name, Span<T> values) where T : unmanaged
    {
        fixed (T* target = values) Copy((nint)target, _tensors[name].Address, values.Length * sizeof(T), Direction.FromDevice);
    }

    public void Dispose()
    {
        foreach ((nint address, OrtValue value) in _tensors.Values)
        {
            value.Dispose();
            if (_isCuda) Check(cudaFree(address));
            else NativeMemory.AlignedFree((void*)address);
        }
        _memory.Dispose();
    }

    private void Copy(nint target, nint source, int bytes, Direction direction)
    {
        if (_isCuda) Check(cudaMemcpy(target, source, (nuint)bytes, direction));
        else Buffer.MemoryCopy((void*)source, (void*)target, bytes, bytes);
    }

    private static void Check(int code)
    {
        if (code != 0) throw new InvalidOperationException($"CUDA gave the error {code}.");
    }

    [LibraryImport("libcudart.so.13")]
    private static partial int cudaMalloc(nint* address, nuint bytes);

    [LibraryImport("libcudart.so.13")]
    private static partial int cudaFree(nint address);

    [LibraryImport("libcudart.so.13")]
    private static partial int cudaMemcpy(nint target, nint source, nuint bytes, Direction direction);
}
