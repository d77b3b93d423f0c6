using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json.Serialization.Metadata;
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
        return assembly.GetExportedTypes()
            .Where(type => type.IsSubclassOf(typeof(Protection)) && !type.IsAbstract && type.IsDefined(typeof(ProtectionMethodAttribute)))
            .Aggregate(this, (catalogue, type) => catalogue.With(type));
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

    private MethodCatalogue With(Type type)
    {
        string name = ProtectionMethodAttribute.Of(type).Name;
        if (_types.TryGetValue(name, out Type? other) && other != type) throw new ArgumentException($"The method '{name}' is {other.Name} already; {type.Name} needs another name.", nameof(type));
        return new(_types.SetItem(name, type));
    }
}
