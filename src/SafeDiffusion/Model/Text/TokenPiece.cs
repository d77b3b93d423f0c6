namespace SafeDiffusion.Model.Text;

/// <summary>One token of a text's own content, without start, end and padding.</summary>
/// <param name="Position">Its position in <see cref="TokenizedText.Ids"/>, from 1 (0 is the start token).</param>
/// <param name="Id">Its id in the vocabulary.</param>
/// <param name="Symbol">The vocabulary's spelling of it, such as <c>circle&lt;/w&gt;</c>.</param>
/// <param name="Characters">
/// The characters of <see cref="TokenizedText.NormalizedText"/> that it covers; a character of several bytes may be shared by pieces.
/// </param>
/// <param name="StartsWord">Whether it is the first piece of a word, number or run of punctuation.</param>
public readonly record struct TokenPiece(int Position, int Id, string Symbol, TokenSpan Characters, bool StartsWord);
