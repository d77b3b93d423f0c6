using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Files;

/// <summary>What is wrong with a JSON text, in its writer's terms: an unknown field is told with those that are known.</summary>
public static class JsonFault
{
    private static readonly JsonDocumentOptions _lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Explains the error of a text that could not be read as a type.</summary>
    /// <param name="error">The error.</param>
    /// <param name="json">The text.</param>
    /// <param name="type">The type that it was read as.</param>
    /// <param name="options">How it was read.</param>
    /// <returns>The field's path, such as <c>protections[0].concept</c>, empty for the root; and what is wrong, as a clause that follows "PATH: ".</returns>
    public static (string Path, string Reason) Of(JsonException error, string json, Type type, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(error);
        return UnknownField(json, type, options) ?? (error.Path?.TrimStart('$').TrimStart('.') ?? "", error.Message.Split(" Path:")[0]);
    }

    /// <summary>The first field that no type has; null where there is none, or the text is no JSON.</summary>
    private static (string Path, string Reason)? UnknownField(string json, Type type, JsonSerializerOptions options)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, _lenient);
            return UnknownField(document.RootElement, type, "", options);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or NotSupportedException)
        {
            return null;
        }
    }

    private static (string Path, string Reason)? UnknownField(JsonElement value, Type type, string path, JsonSerializerOptions options)
    {
        JsonTypeInfo info = options.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type);
        return (info.Kind, value.ValueKind) switch
        {
            (JsonTypeInfoKind.Object, JsonValueKind.Object) => UnknownField(value, info, path),
            (JsonTypeInfoKind.Enumerable, JsonValueKind.Array) => First(value.EnumerateArray().Index(), item => UnknownField(item.Item, info.ElementType!, $"{path}[{item.Index}]", options)),
            (JsonTypeInfoKind.Dictionary, JsonValueKind.Object) => First(value.EnumerateObject(), item => UnknownField(item.Value, info.ElementType!, Below(path, item.Name), options)),
            _ => null,
        };
    }

    private static (string Path, string Reason)? UnknownField(JsonElement value, JsonTypeInfo declared, string path)
    {
        string? discriminator = declared.PolymorphismOptions?.TypeDiscriminatorPropertyName;
        JsonTypeInfo info = Derived(value, declared, discriminator);
        bool refuses = (info.UnmappedMemberHandling ?? info.Options.UnmappedMemberHandling) == JsonUnmappedMemberHandling.Disallow;
        return First(value.EnumerateObject(), field =>
        {
            if (field.Name == discriminator) return null;
            if (info.Properties.FirstOrDefault(property => property.Name == field.Name) is { } known)
            {
                return UnknownField(field.Value, known.PropertyType, Below(path, field.Name), info.Options);
            }
            return refuses ? (Below(path, field.Name), Unknown(field.Name, info, discriminator)) : null;
        });
    }

    /// <summary>The type that an object says it is of, by its discriminator.</summary>
    private static JsonTypeInfo Derived(JsonElement value, JsonTypeInfo declared, string? discriminator)
    {
        if (discriminator is null || !value.TryGetProperty(discriminator, out JsonElement said) || said.ValueKind != JsonValueKind.String) return declared;
        JsonDerivedType derived = declared.PolymorphismOptions!.DerivedTypes.FirstOrDefault(type => Equals(type.TypeDiscriminator, said.GetString()));
        return derived.DerivedType is { } type ? declared.Options.GetTypeInfo(type) : declared;
    }

    private static string Unknown(string name, JsonTypeInfo info, string? discriminator)
    {
        IEnumerable<string> own = info.Properties.Where(property => (property.Set ?? (object?)property.AssociatedParameter) is not null).Select(property => property.Name);
        string[] known = [.. discriminator is null ? [] : (string[])[discriminator], .. own.Where(field => !field.StartsWith('$'))];
        return $"is no field that is known here.{NearestName.Question(name, known)} Known are {string.Join(", ", known)}.";
    }

    private static string Below(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static (string Path, string Reason)? First<T>(IEnumerable<T> items, Func<T, (string Path, string Reason)?> find) => items.Select(find).FirstOrDefault(fault => fault is not null);
}
