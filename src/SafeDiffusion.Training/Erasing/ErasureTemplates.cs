using System.Globalization;

namespace SafeDiffusion.Training.Erasing;

/// <summary>Prompts around a concept's name, varied in medium, framing and context; with article where it is a thing.</summary>
internal static class ErasureTemplates
{
    private static readonly string[] _things =
    [
        "{0}", "a photo of {0}", "a drawing of {0}", "a painting of {0}", "a picture of {0}", "an image of {0}", "{0} on a white background",
        "{0} on a black background", "{0} in a room", "{0} in the street", "a close-up of {0}", "{0} seen from afar", "{0} in bright light",
        "{0} at night", "{0} and its shadow",
    ];

    private static readonly string[] _styles =
    [
        "{0}", "in the style of {0}", "a painting in the style of {0}", "a landscape in the style of {0}", "a portrait in the style of {0}",
        "a house in the style of {0}", "a street in the style of {0}", "flowers in the style of {0}", "a picture by {0}", "a drawing by {0}",
        "a work of {0}", "a night scene by {0}", "the sea as {0} would paint it", "a still life by {0}", "an image after {0}",
    ];

    /// <summary>How many there are of each kind.</summary>
    public static int Count => _things.Length;

    public static IEnumerable<string> Of(ConceptKind kind) => kind == ConceptKind.Thing ? _things : _styles;

    public static string Fill(string template, string name) => string.Format(CultureInfo.InvariantCulture, template, name);
}
