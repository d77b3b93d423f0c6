using System.Globalization;

namespace SafeDiffusion.ProtectionBench;

/// <summary>Options of the form <c>--name value</c>.</summary>
internal sealed class BenchOptions(IReadOnlyList<string> arguments)
{
    public string Model => Text("model", "models/shapes");

    /// <summary>Pictures' batches that are drawn at a time, each on one thread.</summary>
    public int Workers => Number("workers", Environment.ProcessorCount);

    public string Text(string name, string value)
    {
        for (int i = 0; i + 1 < arguments.Count; i++)
        {
            if (arguments[i] == $"--{name}") return arguments[i + 1];
        }
        return value;
    }

    public string[] List(string name, string value) => Text(name, value).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public int Number(string name, int value) => int.Parse(Text(name, value.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
}
