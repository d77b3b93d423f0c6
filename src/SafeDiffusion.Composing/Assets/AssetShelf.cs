using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Composing.Assets;

/// <summary>The learned assets of a folder. A file's name holds what it was learned from, so that nothing is learned twice, and nothing old is taken for new.</summary>
internal sealed class AssetShelf(string folder, LearningTask task)
{
    private const int KeyLength = 12;

    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web);

    /// <summary>Where an asset of a kind is, or will be.</summary>
    public string PathOf(AssetRecipe recipe) => Path.Combine(folder, $"{FileName(task.Concept)}-{KeyOf(recipe)}.{recipe.Kind}.safetensors");

    /// <summary>Whether it was learned before.</summary>
    public bool Holds(AssetRecipe recipe) => File.Exists(PathOf(recipe)) && File.Exists(NoteOf(recipe));

    /// <summary>How good it is, in a sentence, and what it falls short of.</summary>
    public (string Note, IReadOnlyList<string> Shortcomings) Note(AssetRecipe recipe)
    {
        string[] lines = BoundedFile.ReadText(NoteOf(recipe), 1 << 16).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return (lines.FirstOrDefault(""), lines.Skip(1).ToArray());
    }

    /// <summary>Learns it, where it was not learned before.</summary>
    public async Task LearnAsync(AssetRecipe recipe, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        if (Holds(recipe)) return;
        Directory.CreateDirectory(folder);
        string note = await recipe.LearnAsync(task, PathOf(recipe), progress, cancellationToken).ConfigureAwait(false);
        AtomicFile.WriteText(NoteOf(recipe), note + "\n");
    }

    private string NoteOf(AssetRecipe recipe) => Path.ChangeExtension(PathOf(recipe), ".txt");

    private string KeyOf(AssetRecipe recipe)
    {
        object[] content =
        [
            recipe.Kind, recipe.Version, task.WeightsHash, task.Concept, task.Synonyms, task.Asked, task.Instead ?? "", task.Keep, task.Prompts, task.SafePrompts, task.OwnPrompts, task.Annotator?.Description ?? "",
            task.UnsafePictures, task.SafePictures, task.Steps, task.GuidanceScale, task.Seed, task.Layers.Text, task.Pipeline.Provider.ToString(),
        ];
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(content, _options))))[..KeyLength];
    }

    /// <summary>The concept's letters and digits, joined by hyphens.</summary>
    private static string FileName(string concept)
    {
        string name = string.Join('-', string.Concat(concept.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : ' ')).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return name.Length == 0 ? "concept" : name.Length > 40 ? name[..40] : name;
    }
}
