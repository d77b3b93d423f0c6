namespace FullSizeUNet;

/// <summary>What is run: rows and size of the latents, and how much the added inputs hold.</summary>
internal sealed record Workload(int Rows, int Height, int Width, int Guidelines, int Concepts, bool FromFile);
