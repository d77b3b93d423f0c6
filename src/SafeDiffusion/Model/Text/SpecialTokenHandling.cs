namespace SafeDiffusion.Model.Text;

/// <summary>What a tokenizer does with <c>&lt;|startoftext|&gt;</c> and <c>&lt;|endoftext|&gt;</c> spelled out in a text.</summary>
/// <remarks>In this spelling; a token that the tokenizer folder marks as <c>normalized</c> also in capitals, as in transformers.</remarks>
public enum SpecialTokenHandling
{
    /// <summary>They are ordinary text and are reported, so that a prompt cannot move its own end-of-text position.</summary>
    Escape,

    /// <summary>They become the special tokens themselves, as in transformers.</summary>
    Keep,
}
