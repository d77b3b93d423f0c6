using System.Collections.Immutable;
using System.Text.Json;

namespace SafeDiffusion.Protections;

/// <summary>Checks the settings of a protection and names the field that is wrong by its path in the policy.</summary>
/// <param name="path">The protection's path, such as <c>protections[0]</c>.</param>
public sealed class SettingsCheck(string path)
{
    /// <summary>Requires a condition of a setting.</summary>
    /// <param name="holds">The condition.</param>
    /// <param name="property">The property's name, in C#.</param>
    /// <param name="reason">What the setting must be, and what it is.</param>
    /// <exception cref="InvalidPolicyException">The condition does not hold.</exception>
    public void Require(bool holds, string property, string reason)
    {
        if (!holds) throw new InvalidPolicyException($"{path}.{JsonNamingPolicy.CamelCase.ConvertName(property)}", reason);
    }

    /// <summary>Requires a setting to lie in a closed range.</summary>
    /// <exception cref="InvalidPolicyException">It does not.</exception>
    public void RequireRange(double value, double minimum, double maximum, string property) =>
        Require(value >= minimum && value <= maximum, property, $"must be from {minimum} to {maximum}, and is {value}.");

    /// <summary>Requires a setting to be a finite number above 0.</summary>
    /// <exception cref="InvalidPolicyException">It is not.</exception>
    public void RequirePositive(double value, string property) =>
        Require(value > 0 && double.IsFinite(value), property, $"must be above 0, and is {value}.");

    /// <summary>Requires a text that is not empty.</summary>
    /// <exception cref="InvalidPolicyException">It is null, empty or whitespace.</exception>
    public void RequireText(string? value, string property) =>
        Require(!string.IsNullOrWhiteSpace(value), property, "must be a text that is not empty.");

    /// <summary>Requires a list that is not empty, and checks each of its items.</summary>
    /// <param name="items">The list.</param>
    /// <param name="property">The property's name, in C#.</param>
    /// <param name="check">Checks one item; its fields' paths begin with the item's, such as <c>protections[0].concepts[1]</c>.</param>
    /// <exception cref="InvalidPolicyException">The list is empty, or an item is null or does not hold.</exception>
    public void RequireItems<T>(ImmutableArray<T> items, string property, Action<T, SettingsCheck> check)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(check);
        Require(!items.IsDefaultOrEmpty, property, "must have at least one entry.");
        foreach ((int index, T item) in items.Index())
        {
            Require(item is not null, $"{property}[{index}]", "is null.");
            check(item!, new SettingsCheck($"{path}.{JsonNamingPolicy.CamelCase.ConvertName(property)}[{index}]"));
        }
    }
}
