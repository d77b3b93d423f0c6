namespace Fuzz.Forms;

/// <summary>Damages inputs of one form, so that they get past its outermost checks.</summary>
internal interface IForm
{
    /// <summary>The input with one change.</summary>
    /// <param name="random">Where the choices come from.</param>
    /// <param name="input">The input; it is left as it is. It may be damaged already.</param>
    /// <param name="other">A seed, to take parts from.</param>
    byte[] Change(Random random, byte[] input, byte[] other);
}
