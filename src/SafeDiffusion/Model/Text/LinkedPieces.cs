namespace SafeDiffusion.Model.Text;

/// <summary>The pieces of a word as a linked list over arrays: joining two costs the same wherever they are.</summary>
internal sealed class LinkedPieces
{
    private const int None = -1;

    private readonly WordPiece?[] _pieces;
    private readonly int[] _before;
    private readonly int[] _after;

    public LinkedPieces(List<WordPiece> pieces)
    {
        _pieces = [.. pieces];
        _before = [.. Enumerable.Range(-1, pieces.Count)];
        _after = [.. Enumerable.Range(1, pieces.Count)];
        _after[^1] = None;
    }

    /// <summary>The number of places, of which joining leaves some empty.</summary>
    public int Length => _pieces.Length;

    /// <summary>The piece at a place that is not empty.</summary>
    public WordPiece this[int place] => _pieces[place]!.Value;

    /// <summary>The place before, or -1.</summary>
    public int Before(int place) => _before[place];

    /// <summary>The place after, or -1.</summary>
    public int After(int place) => _after[place];

    /// <summary>Whether these two pieces still stand side by side, the first one at this place.</summary>
    public bool AreNeighbours(int place, WordPiece first, WordPiece second) =>
        _pieces[place] == first && _after[place] != None && _pieces[_after[place]] == second;

    /// <summary>Makes one piece of the one at this place and the one after it.</summary>
    public void Join(int place, int id)
    {
        int joined = _after[place];
        _pieces[place] = new WordPiece(id, new TokenSpan(this[place].Characters.Start, this[joined].Characters.End));
        _pieces[joined] = null;
        _after[place] = _after[joined];
        if (_after[place] != None) _before[_after[place]] = place;
    }

    public WordPiece[] ToArray() => [.. _pieces.Where(piece => piece is not null).Select(piece => piece!.Value)];
}
