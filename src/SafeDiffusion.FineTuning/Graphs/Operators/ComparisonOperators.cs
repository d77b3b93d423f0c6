using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>Comparisons, logic and choices; no gradient passes a comparison.</summary>
internal static class ComparisonOperators
{
    public static void AddTo(OperatorTable table)
    {
        table.Add("Equal", call => call[0].eq(call[1]));
        table.Add("Less", call => call[0].lt(call[1]));
        table.Add("LessOrEqual", call => call[0].le(call[1]));
        table.Add("Greater", call => call[0].gt(call[1]));
        table.Add("GreaterOrEqual", call => call[0].ge(call[1]));
        table.Add("Not", call => call[0].logical_not());
        table.Add("And", call => call[0].logical_and(call[1]));
        table.Add("Or", call => call[0].logical_or(call[1]));
        table.Add("Xor", call => call[0].logical_xor(call[1]));
        table.Add("IsNaN", call => call[0].isnan());
        table.Add("IsInf", call => call[0].isinf());
        table.Add("Where", call => where(call[0], call[1], call[2]));
    }
}
