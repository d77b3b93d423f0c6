using Microsoft.Win32.SafeHandles;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>Files of weights that are read in pieces, each opened once.</summary>
internal sealed class StoredFiles : IDisposable
{
    private readonly Dictionary<string, SafeFileHandle> _handles = [];
    private readonly byte[] _left = new byte[1 << 20];
    private readonly byte[] _right = new byte[1 << 20];

    /// <summary>Whether all forms of two tensors that are alike hold the same bytes.</summary>
    public bool AreEqual(string folder, TensorProto tensor, string otherFolder, TensorProto other)
    {
        SafeFileHandle left = Open(Path.Combine(folder, StoredForms.Location(tensor)));
        string file = Path.Combine(otherFolder, StoredForms.Location(other));
        if (!File.Exists(file)) return false;
        SafeFileHandle right = Open(file);
        return StoredForms.Places(tensor).Zip(StoredForms.Places(other)).All(pair => AreEqual(left, pair.First.Offset, right, pair.Second.Offset, pair.First.Length));
    }

    /// <summary>Writes a stretch of a file.</summary>
    public void Copy(string file, long offset, long length, Stream target)
    {
        SafeFileHandle source = Open(file);
        for (long done = 0; done < length;)
        {
            int count = Read(source, _left, offset + done, length - done);
            if (count == 0) throw new EndOfStreamException($"{file} ends early");
            target.Write(_left, 0, count);
            done += count;
        }
    }

    public void Dispose()
    {
        foreach (SafeFileHandle handle in _handles.Values) handle.Dispose();
        _handles.Clear();
    }

    private bool AreEqual(SafeFileHandle left, long leftOffset, SafeFileHandle right, long rightOffset, long length)
    {
        for (long done = 0; done < length;)
        {
            int count = Read(left, _left, leftOffset + done, length - done);
            if (count == 0 || Read(right, _right, rightOffset + done, count) != count) return false;
            if (!_left.AsSpan(0, count).SequenceEqual(_right.AsSpan(0, count))) return false;
            done += count;
        }
        return true;
    }

    private static int Read(SafeFileHandle file, byte[] buffer, long offset, long most) => RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(most, buffer.Length)), offset);

    private SafeFileHandle Open(string file)
    {
        if (!_handles.TryGetValue(file, out SafeFileHandle? handle)) _handles[file] = handle = File.OpenHandle(file);
        return handle;
    }
}
