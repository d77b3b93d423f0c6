using System.Collections.Concurrent;
using System.Reflection;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Policies;

/// <summary>What a method's record says of itself by <see cref="IFromWords{TSelf}"/>, for whoever knows its type only when the program runs.</summary>
internal sealed record WordedMethod(ProtectionWord Takes, IReadOnlyList<string> Presets, Func<ProtectionWords, Protection> Make)
{
    private static readonly MethodInfo _of = typeof(WordedMethod).GetMethod(nameof(OfMethod), BindingFlags.NonPublic | BindingFlags.Static)!;
    private static readonly ConcurrentDictionary<Type, WordedMethod?> _known = [];

    /// <summary>What the record says; null where it cannot be made from words.</summary>
    public static WordedMethod? Of(Type type) => _known.GetOrAdd(type, static type => IsWorded(type) ? (WordedMethod)_of.MakeGenericMethod(type).Invoke(null, null)! : null);

    private static bool IsWorded(Type type) => type.GetInterfaces().Any(candidate =>
        candidate.IsGenericType && candidate.GetGenericTypeDefinition() == typeof(IFromWords<>) && candidate.GenericTypeArguments[0] == type);

    private static WordedMethod OfMethod<T>()
        where T : Protection, IFromWords<T> => new(T.Takes, T.Presets, T.FromWords);
}
