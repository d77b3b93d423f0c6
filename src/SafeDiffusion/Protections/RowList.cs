using SafeDiffusion.Core.Errors;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Protections;

/// <summary>The rows of one picture: first the unconditional one and the prompt, then those that its protections have added.</summary>
internal sealed class RowList
{
    private readonly Func<string, TextStates> _encode;
    private readonly List<RowInputs> _rows;
    private readonly bool _isPromptShared;
    private Row? _plainPrompt;

    /// <param name="unconditional">The text states of the unconditional row.</param>
    /// <param name="prompt">The text states of the prompt's row.</param>
    /// <param name="isPromptShared">Whether a protection whose text is the prompt may use its row: not where attention is intervened in, for that is the prompt's alone.</param>
    /// <param name="encode">Encodes a protection's text; the same text gives the same object.</param>
    public RowList(TextStates unconditional, TextStates prompt, bool isPromptShared, Func<string, TextStates> encode)
    {
        _encode = encode;
        _isPromptShared = isPromptShared;
        _rows = [new(unconditional), new(prompt)];
    }

    public int Count => _rows.Count;

    public bool IsPromptPlain => _isPromptShared;

    /// <summary>A row's inputs; set by the row's owner between steps.</summary>
    public RowInputs this[Row row]
    {
        get => _rows[row.Index];
        set => _rows[row.Index] = value;
    }

    /// <summary>A text's states, untouched by the policy's text erasures.</summary>
    public TextStates Encode(string text) => _encode(text);

    /// <summary>The row of a text, as its own words say it; equal texts share one.</summary>
    /// <exception cref="InvalidRequestException">The picture has too many rows already.</exception>
    public Row Add(string text)
    {
        TextStates states = Encode(text);
        for (int i = 0; i < _rows.Count; i++)
        {
            bool isShared = i != Row.Prompt.Index || _isPromptShared;
            if (isShared && ReferenceEquals(_rows[i].Text, states) && _rows[i].TokenScales.IsEmpty && _rows[i].Inhibitors.IsEmpty) return new Row(i);
        }
        return Add(new RowInputs(states));
    }

    /// <summary>The row of the prompt that no intervention edits, one for all who ask.</summary>
    /// <exception cref="InvalidRequestException">The picture has too many rows already.</exception>
    public Row AddPlainPrompt() => _isPromptShared ? Row.Prompt : _plainPrompt ??= Add(_rows[Row.Prompt.Index]);

    /// <exception cref="InvalidRequestException">The picture has too many rows already.</exception>
    public Row Add(RowInputs inputs)
    {
        if (_rows.Count == Row.Limit) throw new InvalidRequestException("policy", $"asks for more than {Row.Limit} rows.");
        _rows.Add(inputs);
        return new Row(_rows.Count - 1);
    }
}
