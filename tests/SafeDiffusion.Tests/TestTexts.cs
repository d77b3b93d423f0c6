using SafeDiffusion.Fixtures;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion;

/// <summary>Texts for tests that need no text encoder.</summary>
internal static class TestTexts
{
    private static readonly ClipTokenizer _tokenizer = ClipTokenizer.Load(Path.Combine(Fixture.ShapesModel, "tokenizer"));

    public static TextStates States(string text) => new(_tokenizer.Encode(text), new float[8], 4, 2);
}
