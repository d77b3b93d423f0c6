namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>An Einsum's equation with written-out axes: <c>bid,bjd-&gt;bij</c>.</summary>
internal sealed record EinsumEquation(string[] Inputs, string Output)
{
    /// <exception cref="ArgumentException">The equation has an ellipsis or no right side.</exception>
    public static EinsumEquation Parse(string text)
    {
        string[] sides = text.Replace(" ", "", StringComparison.Ordinal).Split("->");
        if (sides.Length != 2 || text.Contains('.', StringComparison.Ordinal))
            throw new ArgumentException("The equation is not of a known form.", nameof(text));
        return new EinsumEquation(sides[0].Split(','), sides[1]);
    }
}
