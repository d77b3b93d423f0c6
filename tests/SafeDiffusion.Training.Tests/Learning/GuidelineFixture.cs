using System.Text.Json;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Training.Learning;

/// <summary>A case of guideline-gradient.safetensors, with its layers' queries and key weights made into features.</summary>
internal sealed class GuidelineFixture
{
    private static readonly SafeTensorsFile _file = SafeTensorsFile.Load(Fixture.Locate("numerics", "guideline-gradient.safetensors"));
    private static readonly JsonElement _cases = JsonDocument.Parse(_file.Metadata["cases"]).RootElement;
    private readonly string _name;

    public GuidelineFixture(string name)
    {
        _name = name;
        JsonElement settings = _cases.GetProperty(name);
        (Floor, Ceiling) = (settings.GetProperty("lo").GetDouble(), settings.GetProperty("hi").GetDouble());
        int[][] grids = [.. settings.GetProperty("grids").EnumerateArray().Select(Integers)];
        int[] size = Integers(settings.GetProperty("size"));
        (Heads, HeadWidth) = (settings.GetProperty("heads").GetInt32(), settings.GetProperty("head_width").GetInt32());
        Tokens = Singles("c");
        Width = (int)_file[$"{name}/c"].Shape[1];
        Mask = Singles("mask");
        Background = Singles("background");
        Features = new double[Width * size[0] * size[1]];
        for (int layer = 0; layer < grids.Length; layer++) AddLayer(layer, grids[layer], size, grids.Length);
    }

    public static IEnumerable<string> Names => _cases.EnumerateObject().Select(entry => entry.Name);

    public int Width { get; }

    public double Floor { get; }

    public double Ceiling { get; }

    public double[] Tokens { get; }

    public double[] Background { get; }

    public double[] Mask { get; }

    /// <summary><c>[D, H, W]</c>: <c>F_d = mean over layers and heads of Q_h · W_K[h, d] / sqrt(head width)</c>.</summary>
    public double[] Features { get; }

    private int Heads { get; }

    private int HeadWidth { get; }

    public double[] Doubles(string name) => _file[$"{_name}/{name}"].ToDoubles();

    private static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetInt32())];

    private double[] Singles(string name) => [.. _file[$"{_name}/{name}"].ToSingles().Select(value => (double)value)];

    private void AddLayer(int layer, int[] grid, int[] size, int layers)
    {
        double[] queries = Singles($"Q{layer}");
        double[] keys = Singles($"Wk{layer}");
        int positions = grid[0] * grid[1];
        for (int d = 0; d < Width; d++)
        {
            double[] plane = new double[positions];
            for (int h = 0; h < Heads; h++)
            {
                for (int p = 0; p < positions; p++)
                {
                    for (int i = 0; i < HeadWidth; i++) plane[p] += queries[(((h * positions) + p) * HeadWidth) + i] * keys[(((h * HeadWidth) + i) * Width) + d];
                }
            }
            double scale = 1 / (Heads * Math.Sqrt(HeadWidth) * layers);
            for (int y = 0; y < size[0]; y++)
            {
                for (int x = 0; x < size[1]; x++) Features[(((d * size[0]) + y) * size[1]) + x] += scale * Bilinear(plane, grid, (y + 0.5) * grid[0] / size[0], (x + 0.5) * grid[1] / size[1]);
            }
        }
    }

    /// <summary>Half-pixel centres, edges repeated.</summary>
    private static double Bilinear(double[] plane, int[] grid, double y, double x)
    {
        (y, x) = (Math.Max(y - 0.5, 0), Math.Max(x - 0.5, 0));
        (int top, int left) = ((int)y, (int)x);
        (double down, double right) = (y - top, x - left);
        (int bottom, int next) = (Math.Min(top + 1, grid[0] - 1), Math.Min(left + 1, grid[1] - 1));
        return ((1 - down) * (((1 - right) * At(top, left)) + (right * At(top, next)))) + (down * (((1 - right) * At(bottom, left)) + (right * At(bottom, next))));

        double At(int row, int column) => plane[(row * grid[1]) + column];
    }
}
