using System.Text.Json;

namespace FullSizeModel;

/// <summary>What <c>weights.json</c> says: the file, its size, and each tensor's place and filling.</summary>
internal sealed record WeightList(string File, string Type, long Bytes, IReadOnlyList<WeightTensor> Tensors)
{
    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web);

    /// <exception cref="InvalidDataException">The list is damaged, or says something that this tool does not know.</exception>
    public static WeightList Load(string path)
    {
        WeightList list = JsonSerializer.Deserialize<WeightList>(System.IO.File.ReadAllBytes(path), _options)
            ?? throw new InvalidDataException($"{path}: is empty.");
        if (list.Type != "float32") throw new InvalidDataException($"{path}: type is {list.Type}; only float32 is known.");
        if (Path.GetFileName(list.File) != list.File) throw new InvalidDataException($"{path}: file is '{list.File}'; a plain file name is needed.");
        foreach (WeightTensor tensor in list.Tensors)
        {
            if (tensor.Offset < 0 || tensor.Length < 0 || tensor.Length % sizeof(float) != 0 || tensor.Offset > list.Bytes - tensor.Length)
                throw new InvalidDataException($"{path}: {tensor.Name} lies outside the file's {list.Bytes} bytes.");
        }
        return list;
    }
}
