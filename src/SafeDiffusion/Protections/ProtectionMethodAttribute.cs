using System.Collections.Concurrent;
using System.Reflection;

namespace SafeDiffusion.Protections;

/// <summary>Names the method of a protection's record: in a policy's JSON, in reports and on the command line.</summary>
/// <param name="name">The name, in <c>kebab-case</c>.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ProtectionMethodAttribute(string name) : Attribute
{
    private static readonly ConcurrentDictionary<Type, ProtectionMethodAttribute> _known = [];

    /// <summary>The name, in <c>kebab-case</c>.</summary>
    public string Name { get; } = name;

    /// <summary>A short name for the command line; null for none.</summary>
    public string? Alias { get; init; }

    /// <exception cref="InvalidOperationException">The type has no name.</exception>
    internal static ProtectionMethodAttribute Of(Type protection) => _known.GetOrAdd(protection, static type =>
        type.GetCustomAttribute<ProtectionMethodAttribute>()
        ?? throw new InvalidOperationException($"{type.Name} has no [ProtectionMethod(\"…\")], which names the method in policies and reports."));
}
