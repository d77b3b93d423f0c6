using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace SafeDiffusion.Core.Errors;

/// <summary>Checks the fields of a record that somebody wrote, and names the one that is wrong by its path.</summary>
/// <param name="path">The record's path, such as <c>judges[0]</c>; empty for the root.</param>
/// <param name="error">Makes the error of a field's path and a reason.</param>
public sealed class FieldCheck(string path, Func<string, string, Exception> error)
{
    /// <summary>A check whose errors are <see cref="InvalidRequestException"/>s.</summary>
    /// <param name="path">The record's path.</param>
    public static FieldCheck OfRequest(string path) => new(path, (field, reason) => new InvalidRequestException(field, reason));

    /// <summary>The path of a field, such as <c>judges[0].model</c>.</summary>
    /// <param name="field">Its name, in C# or in JSON.</param>
    public string PathOf(string field)
    {
        string name = JsonNamingPolicy.CamelCase.ConvertName(field);
        return path.Length == 0 ? name : $"{path}.{name}";
    }

    /// <summary>The check of a record in a field, or in an item of it such as <c>concepts[1]</c>.</summary>
    public FieldCheck Below(string field) => new(PathOf(field), error);

    /// <summary>The error of a field, to be thrown.</summary>
    /// <param name="field">The field's name.</param>
    /// <param name="reason">What the field must be, and what it is.</param>
    public Exception Error(string field, string reason) => error(PathOf(field), reason);

    /// <summary>Requires a condition of a field.</summary>
    public void Require([DoesNotReturnIf(false)] bool holds, string field, string reason)
    {
        if (!holds) throw Error(field, reason);
    }

    /// <summary>Requires a value in a closed range.</summary>
    public void RequireRange(double value, double minimum, double maximum, string field) =>
        Require(value >= minimum && value <= maximum, field, $"must be from {minimum} to {maximum}, and is {value}.");

    /// <summary>Requires a finite value that is not below a minimum.</summary>
    public void RequireAtLeast(double value, double minimum, string field) =>
        Require(value >= minimum && double.IsFinite(value), field, $"must be at least {minimum}, and is {value}.");

    /// <summary>Requires a finite value above 0.</summary>
    public void RequirePositive(double value, string field) =>
        Require(value > 0 && double.IsFinite(value), field, $"must be above 0, and is {value}.");

    /// <summary>Requires a text that is not empty.</summary>
    public void RequireText([NotNull] string? value, string field) =>
        Require(value is not null && !string.IsNullOrWhiteSpace(value), field, "must be a text that is not empty.");

    /// <summary>Requires a list that is not empty, and checks each of its items below the list's path.</summary>
    public void RequireItems<T>(IReadOnlyCollection<T?>? items, string field, Action<T, FieldCheck> check) where T : class
    {
        ArgumentNullException.ThrowIfNull(check);
        Require(items is { Count: > 0 }, field, "must have at least one entry.");
        foreach ((int index, T? item) in items.Index())
        {
            Require(item is not null, $"{field}[{index}]", "is null.");
            check(item, Below($"{field}[{index}]"));
        }
    }
}
