using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Policies;

/// <summary>
/// The methods that a policy's JSON can name. Immutable. The library's own are in <see cref="Default"/>; one's own are added with
/// <see cref="With{T}"/>, or with <see cref="WithAssembly"/> all that an assembly has.
/// </summary>
public sealed class MethodCatalogue
{
    private readonly ImmutableSortedDictionary<string, Type> _types;

    private MethodCatalogue(ImmutableSortedDictionary<string, Type> types) => _types = types;

    /// <summary>The methods that come with the library.</summary>
    public static MethodCatalogue Default { get; } =
        new MethodCatalogue(ImmutableSortedDictionary.Create<string, Type>(StringComparer.Ordinal)).WithAssembly(typeof(MethodCatalogue).Assembly);

    /// <summary>The methods' names, in alphabetical order.</summary>
    public IEnumerable<string> Names => _types.Keys;

    /// <summary>The method's record; null for a name that is not known.</summary>
    public Type? Find(string name) => _types.GetValueOrDefault(name);

    /// <summary>The name that a name or an alias stands for; null where neither is known.</summary>
    public string? FullName(string nameOrAlias) => _types.ContainsKey(nameOrAlias)
        ? nameOrAlias
        : _types.Values.Select(ProtectionMethodAttribute.Of).FirstOrDefault(method => method.Alias == nameOrAlias)?.Name;

    /// <summary>A short name of a method; null where it has none.</summary>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    public string? Alias(string name) => ProtectionMethodAttribute.Of(Find(name) ?? throw new ArgumentException($"There is no method '{name}'.", nameof(name))).Alias;

    /// <summary>The methods that can be made from words, in alphabetical order; those that take a certain one where it is given.</summary>
    public IReadOnlyList<string> FromWords(ProtectionWord word = ProtectionWord.None) =>
        [.. Names.Where(name => WordedMethod.Of(Find(name)!) is { } method && method.Takes.HasFlag(word))];

    /// <summary>The names of a method's presets; none where it has none, or is not known.</summary>
    public IReadOnlyList<string> Presets(string name) => Find(name) is { } type ? WordedMethod.Of(type)?.Presets ?? [] : [];

    /// <summary>Makes a method from words.</summary>
    /// <param name="nameOrAlias">The method.</param>
    /// <param name="words">What a user says of it.</param>
    /// <exception cref="InvalidRequestException">
    /// The method is not known or cannot be made from words (the field is then <c>method</c>), or a word is missing, unknown, or none that it takes.
    /// </exception>
    /// <exception cref="InvalidFileException">The asset's file is missing, damaged, or of another kind.</exception>
    public Protection Make(string nameOrAlias, ProtectionWords words)
    {
        ArgumentNullException.ThrowIfNull(words);
        string name = FullName(nameOrAlias) ?? throw new InvalidRequestException("method", $"is '{nameOrAlias}'; known are {string.Join(", ", FromWords().Select(Titled))}.{Question(nameOrAlias)}");
        WordedMethod method = WordedMethod.Of(Find(name)!) ?? throw new InvalidRequestException("method", $"is {name}, which is not made from words. Write it into a policy.");
        foreach (ProtectionWord word in ProtectionWords.Each.Where(word => words.Said.HasFlag(word) && !method.Takes.HasFlag(word)))
        {
            throw new InvalidRequestException(ProtectionWords.NameOf(word), $"belongs to {string.Join(", ", FromWords(word))}; {name} {ProtectionWords.Without(word)}.");
        }
        return method.Make(words);
    }

    /// <summary>This catalogue and one method more.</summary>
    /// <typeparam name="T">The method's record, with its <see cref="ProtectionMethodAttribute"/>.</typeparam>
    /// <exception cref="ArgumentException">Another method has the name already.</exception>
    public MethodCatalogue With<T>()
        where T : Protection => With(typeof(T));

    /// <summary>This catalogue and every public method of an assembly.</summary>
    /// <exception cref="ArgumentException">Another method has one of the names already.</exception>
    public MethodCatalogue WithAssembly(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        return MethodAssembly.Methods(assembly).Aggregate(this, (catalogue, type) => catalogue.With(type));
    }

    /// <summary>This catalogue and every public method of an assembly's file. Methods are code, and run with the rights of this program: name only files that you trust.</summary>
    /// <param name="path">The file, a .dll that was built against this version of the library. What it needs besides lies beside it.</param>
    /// <exception cref="InvalidFileException">
    /// The file is missing, no .NET assembly, built against another version of the library, or has no method or one whose name is taken.
    /// </exception>
    public MethodCatalogue WithFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        MethodCatalogue all = this;
        foreach (Type type in MethodAssembly.Methods(path))
        {
            all = all.Fault(type) is { } fault ? throw new InvalidFileException(path, fault) : all.With(type);
        }
        return all;
    }

    /// <summary>This catalogue and what a policy's own protections are.</summary>
    internal MethodCatalogue WithThoseOf(IEnumerable<Protection> protections) => protections
        .Select(protection => protection.GetType())
        .Aggregate(this, (catalogue, type) => catalogue._types.ContainsValue(type) ? catalogue : catalogue.With(type));

    /// <summary>Tells the serializer which record a <c>"method"</c> stands for.</summary>
    internal void AddTo(JsonTypeInfo info)
    {
        if (info.Type != typeof(Protection)) return;
        info.PolymorphismOptions = new() { TypeDiscriminatorPropertyName = "method" };
        foreach ((string name, Type type) in _types) info.PolymorphismOptions.DerivedTypes.Add(new(type, name));
    }

    /// <summary>A sentence that asks for the method whose name or alias is nearest, with a space before it; empty where none is near.</summary>
    internal string Question(string name)
    {
        string? nearest = NearestName.Find(name, _types.Values.Select(ProtectionMethodAttribute.Of).SelectMany(method => (string?[])[method.Name, method.Alias]).OfType<string>());
        return nearest is null ? "" : $" Did you mean {FullName(nearest)}?";
    }

    private string Titled(string name) => Alias(name) is { } alias ? $"{name} ({alias})" : name;

    private MethodCatalogue With(Type type) => Fault(type) is { } fault
        ? throw new ArgumentException(fault, nameof(type))
        : new(_types.SetItem(ProtectionMethodAttribute.Of(type).Name, type));

    /// <summary>Why a method cannot be added: its name or alias stands for another; null where it can.</summary>
    private string? Fault(Type type)
    {
        ProtectionMethodAttribute method = ProtectionMethodAttribute.Of(type);
        foreach (string name in (string[])(method.Alias is null ? [method.Name] : [method.Name, method.Alias]))
        {
            if (FullName(name) is { } owner && Find(owner) is { } other && other != type) return $"The method '{name}' is {other.Name} already; {type.Name} needs another name.";
        }
        return null;
    }
}
