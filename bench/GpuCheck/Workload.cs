namespace GpuCheck;

/// <summary>What is measured: rows, latent height and width, and how many steps after those that warm up.</summary>
internal sealed record Workload(int Rows, int Size, int Steps)
{
    public const int Tokens = 77;
    public const int Guidelines = 4;
    public const int WarmUp = 3;
}
