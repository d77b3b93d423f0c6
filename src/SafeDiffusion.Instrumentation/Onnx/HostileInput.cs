namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>Tells the errors that a graph can provoke in a rule that meets attributes, ranks and sizes which do not fit it.</summary>
internal static class HostileInput
{
    /// <summary>Division by zero, overflow, a missing key, an index or argument out of range: the graph's fault, and no reason to end.</summary>
    public static bool IsCauseOf(Exception error) =>
        error is IndexOutOfRangeException or ArgumentException or ArithmeticException or InvalidOperationException or KeyNotFoundException;
}
