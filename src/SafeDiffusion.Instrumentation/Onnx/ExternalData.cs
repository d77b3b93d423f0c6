using System.Globalization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>A tensor's external data: a place in a file beside the model.</summary>
internal readonly record struct ExternalPlace(string Tensor, string Location, long Offset, long Length);

/// <summary>Checks that a model's external data lies inside the model's folder, is there and is long enough. Nothing of it is read.</summary>
internal static class ExternalData
{
    public static IReadOnlyList<string> Files(ModelProto model) =>
        [.. TensorWalk.Tensors(model).Where(IsExternal).Select(tensor => Entry(tensor, "location") ?? "").Distinct()];

    /// <summary>
    /// Refuses paths that lead out of the model's folder. Where the model file is itself a link, data may also be links into the very folder
    /// that it leads to, as in a model hub's cache: whoever let the model lead there trusts that folder with the weights. A model that is a
    /// file of its own has no such second folder, so that it cannot send its reader anywhere.
    /// </summary>
    public static void CheckPaths(string modelPath, ModelProto model)
    {
        string folder = RealPath.Of(Folder(modelPath));
        string linked = Folder(RealPath.Of(modelPath));
        Dictionary<string, string?> faults = [];
        foreach (ExternalPlace place in Places(modelPath, model))
        {
            if (!faults.TryGetValue(place.Location, out string? fault))
                faults[place.Location] = fault = Fault(folder, linked, place.Location);
            if (fault is not null)
                throw new InvalidFileException(modelPath, $"the external data of tensor '{place.Tensor}' ('{place.Location}') {fault}; such a model is refused");
        }
    }

    private static string? Fault(string folder, string linked, string location)
    {
        if (InnerPath.Fault(location, "the model") is { } fault)
            return fault;
        if (InnerPath.Fault(folder, location, "the model") is not { } outside)
            return null;
        string target = RealPath.Of(Path.Combine(folder, location));
        if (linked != folder && Folder(target) == linked)
            return null;
        return $"{outside}, to {target}. Put the data itself there: copy the model with its links followed (cp -rL), or download it to a plain folder";
    }

    /// <summary>Refuses external data that is missing or ends too early.</summary>
    public static void CheckPresence(string modelPath, ModelProto model)
    {
        string folder = Folder(modelPath);
        Dictionary<string, long> sizes = [];
        foreach (ExternalPlace place in Places(modelPath, model))
        {
            if (!sizes.TryGetValue(place.Location, out long size))
                sizes[place.Location] = size = SizeOf(modelPath, folder, place);
            if (place.Length > size || place.Offset > size - place.Length)
                throw new InvalidFileException(modelPath, string.Create(CultureInfo.InvariantCulture,
                    $"the external data of tensor '{place.Tensor}' ends at byte {(decimal)place.Offset + place.Length} of '{place.Location}', which has only {size} bytes; copy or download that file again"));
        }
    }

    /// <summary>A model whose external data are named where they really lie, with that folder: the model's own, or the one that its file is a link to.</summary>
    /// <exception cref="InvalidFileException">Some lie in the one, and some in the other.</exception>
    public static (OnnxModelFile Model, string Folder) InOneFolder(OnnxModelFile file)
    {
        string own = RealPath.Of(file.Folder);
        if (!file.IsLink || file.ExternalDataPaths.All(path => InnerPath.Fault(own, Path.GetRelativePath(own, path), "the model") is null))
            return (file, own);
        string linked = Folder(RealPath.Of(file.Path));
        if (file.ExternalDataPaths.FirstOrDefault(path => Folder(path) != linked) is { } apart)
            throw new InvalidFileException(file.Path, $"is a link into {linked}, and its external data {apart} is not there; put the model and its data into one folder");
        ModelProto named = file.Proto.Clone();
        foreach (TensorProto tensor in TensorWalk.Tensors(named).Where(IsExternal))
        {
            StringStringEntryProto location = tensor.ExternalData.First(entry => entry.Key == "location");
            location.Value = Path.GetFileName(RealPath.Of(Path.Combine(file.Folder, location.Value)));
        }
        return (new OnnxModelFile(file.Path, named), linked);
    }

    /// <summary>Every tensor's place in external data.</summary>
    public static IEnumerable<ExternalPlace> Places(string modelPath, ModelProto model) =>
        TensorWalk.Tensors(model).Where(IsExternal).Select(tensor => Read(modelPath, tensor));

    /// <summary>A tensor's place in external data; null where it lies in the model file.</summary>
    public static ExternalPlace? Place(string modelPath, TensorProto tensor) => IsExternal(tensor) ? Read(modelPath, tensor) : null;

    private static bool IsExternal(TensorProto tensor) => tensor.DataLocation == TensorProto.Types.DataLocation.External;

    private static ExternalPlace Read(string modelPath, TensorProto tensor)
    {
        string location = Entry(tensor, "location") is { Length: > 0 } text
            ? text
            : throw new InvalidFileException(modelPath, $"the external data of tensor '{tensor.Name}' names no file");
        long offset = Number(modelPath, tensor, "offset") ?? 0;
        return new ExternalPlace(tensor.Name, location, offset, Number(modelPath, tensor, "length") ?? TensorBytes.Count(tensor) ?? 0);
    }

    private static long? Number(string modelPath, TensorProto tensor, string key)
    {
        if (Entry(tensor, key) is not { } text)
            return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            return number;
        throw new InvalidFileException(modelPath, $"the external data of tensor '{tensor.Name}' has the {key} '{text}', which is not a count of bytes");
    }

    private static string? Entry(TensorProto tensor, string key) => tensor.ExternalData.FirstOrDefault(entry => entry.Key == key)?.Value;

    private static long SizeOf(string modelPath, string folder, ExternalPlace place)
    {
        FileInfo file = new(Path.Combine(folder, place.Location));
        if (!file.Exists)
            throw new InvalidFileException(modelPath, $"'{place.Location}' is missing beside {Path.GetFileName(modelPath)}: tensor '{place.Tensor}' has its weights there");
        return file.LinkTarget is null ? file.Length : new FileInfo(RealPath.Of(file.FullName)).Length;
    }

    /// <summary>The folder that external data is looked for in.</summary>
    public static string Folder(string modelPath) => Path.GetDirectoryName(Path.GetFullPath(modelPath)) ?? Path.GetFullPath(modelPath);
}
