namespace SafeDiffusion.Instrumentation.Analysis;

/// <summary>Where a linear projection stands in a graph.</summary>
/// <param name="Node">The MatMul or Gemm node.</param>
/// <param name="Value">The projected value, its bias included.</param>
/// <param name="Weight">The weight's value as the node uses it.</param>
/// <param name="Initializer">The initializer behind the weight; null where the weight is computed from several.</param>
/// <param name="IsTransposed">Whether the initializer is stored <c>[out, in]</c>; otherwise <c>[in, out]</c>.</param>
/// <param name="Bias">The bias's value; null where there is none.</param>
/// <param name="FirstColumn">The first of the projection's columns that belong here: more than zero where several projections share one weight.</param>
/// <param name="HeadStride">Columns from one head's first to the next head's first.</param>
/// <param name="Columns">All columns of the weight.</param>
public sealed record ProjectionPlace(string Node, string Value, string Weight, string? Initializer, bool IsTransposed, string? Bias,
    long FirstColumn, long HeadStride, long Columns);
