namespace SafeDiffusion.Composing.Prompts;

/// <summary>How a thing stands in a prompt: framed, and on a ground.</summary>
/// <param name="Framing">What comes before it.</param>
/// <param name="Ground">What comes after it.</param>
internal readonly record struct PromptTemplate(string Framing, string Ground)
{
    private const int Parts = 3;

    private static readonly string[] _framings = ["", "a photo of ", "a drawing of ", "a picture of ", "an image of ", "a painting of "];

    private static readonly string[] _grounds =
        ["", " on a white background", " on a black background", " on a gray background", " on a pink background", " on a cyan background"];

    /// <summary>How many templates a part has.</summary>
    public static int Count => _framings.Length * _grounds.Length / Parts;

    /// <summary>
    /// A part's templates, as in a Latin square: each has every framing and every ground, and no combination is of two parts. Any six in a
    /// row have all grounds.
    /// </summary>
    public static PromptTemplate Of(PromptPart part, int index)
    {
        int place = index % Count;
        int ground = place % _grounds.Length;
        int framing = (((int)part - ground) % Parts + Parts) % Parts + (place < _grounds.Length ? 0 : Parts);
        return new PromptTemplate(_framings[framing], _grounds[ground]);
    }

    /// <summary>The prompt.</summary>
    public string Format(string thing) => Framing + thing + Ground;
}
