namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Cross-attention with the additions, computed in double precision by the formulas of the specification.</summary>
internal sealed class MiniReference(MiniUNet net)
{
    public double[] Scores { get; private set; } = [];

    public double[] Response { get; private set; } = [];

    /// <summary>The output [B, 4, h, w]; also fills in detection scores [B, G, H, W] and responses [1, B, C, N].</summary>
    public double[] Run(Dictionary<string, TestTensor> inputs)
    {
        TestTensor sample = inputs["sample"];
        (int batch, int height, int width) = ((int)sample.Shape[0], (int)sample.Shape[2], (int)sample.Shape[3]);
        int step = net.IsHalved ? 2 : 1;
        (int rows, int columns) = ((height + step - 1) / step, (width + step - 1) / step);
        int tokens = (int)inputs["encoder_hidden_states"].Shape[1];
        int concepts = (int)inputs["inhibitor_scale"].Shape[1];
        int guidelines = (int)inputs["guideline_embeddings"].Shape[0];
        double[] output = new double[batch * MiniUNet.Channels * rows * columns];
        double[] own = new double[guidelines * rows * columns];
        Scores = new double[batch * guidelines * height * width];
        Response = new double[batch * concepts * tokens];
        double[][] guidelineKeys = Project(inputs["guideline_embeddings"].Values, 0, guidelines, MiniUNet.TextWidth, net.Key, net.Biases[1]);
        for (int b = 0; b < batch; b++)
        {
            double[][] keys = Project(inputs["encoder_hidden_states"].Values, b * tokens, tokens, MiniUNet.TextWidth, net.Key, net.Biases[1]);
            double[][] values = Project(inputs["encoder_hidden_states"].Values, b * tokens, tokens, MiniUNet.TextWidth, net.Value, net.Biases[2]);
            for (int p = 0; p < rows * columns; p++)
            {
                int pixel = (p / columns * step * width) + (p % columns * step);
                float[] hidden = [.. Enumerable.Range(0, MiniUNet.Channels).Select(c => sample.Values[(((b * MiniUNet.Channels) + c) * height * width) + pixel])];
                double[] query = Project(hidden, 0, 1, MiniUNet.Channels, net.Query, net.Biases[0])[0];
                double[] attended = new double[net.Width];
                Attend(query, keys, values, n => inputs["token_scale"].Values[(b * tokens) + n], attended, null, 0);
                for (int c = 0; c < concepts; c++)
                {
                    int start = ((b * concepts) + c) * tokens;
                    double mask = Greatest(inputs.GetValueOrDefault("inhibitor_mask"), (b * concepts) + c, p / columns * step, p % columns * step, step);
                    double[][] conceptKeys = Project(inputs["inhibitor_hidden_states"].Values, start, tokens, MiniUNet.TextWidth, net.Key, net.Biases[1]);
                    double[][] conceptValues = Project(inputs["inhibitor_hidden_states"].Values, start, tokens, MiniUNet.TextWidth, net.Value, net.Biases[2]);
                    Attend(query, conceptKeys, conceptValues, n => mask * inputs["inhibitor_scale"].Values[start + n], attended, Response.AsMemory(start, tokens), 1.0 / rows / columns);
                }
                for (int c = 0; c < MiniUNet.Channels; c++)
                    output[(((b * MiniUNet.Channels) + c) * rows * columns) + p] = net.OutputBias[c] + Enumerable.Range(0, net.Width).Sum(i => attended[i] * net.Output[(i * MiniUNet.Channels) + c]);
                for (int g = 0; g < guidelines; g++)
                    own[(g * rows * columns) + p] = query.Zip(guidelineKeys[g], (a, k) => a * k).Sum() / net.Heads / Math.Sqrt(MiniUNet.HeadWidth);
            }
            Enlarge(own, guidelines, rows, columns, height, width, Scores.AsSpan(b * guidelines * height * width));
        }
        return output;
    }

    /// <summary>The greatest value of a block of a mask [B, C, H, W]; 1 without a mask.</summary>
    private static double Greatest(TestTensor? mask, int map, int top, int left, int step)
    {
        if (mask is null) return 1;
        (int height, int width) = ((int)mask.Shape[2], (int)mask.Shape[3]);
        double greatest = double.NegativeInfinity;
        for (int y = top; y < Math.Min(top + step, height); y++)
        {
            for (int x = left; x < Math.Min(left + step, width); x++) greatest = Math.Max(greatest, mask.Values[(map * height + y) * width + x]);
        }
        return greatest;
    }

    private void Attend(double[] query, double[][] keys, double[][] values, Func<int, double> scale, double[] attended, Memory<double>? response, double weight)
    {
        for (int head = 0; head < net.Heads; head++)
        {
            double[] logits = [.. keys.Select(key => Columns(head).Sum(i => query[i] * key[i]) / Math.Sqrt(MiniUNet.HeadWidth))];
            double largest = logits.Max();
            double[] exponentials = [.. logits.Select(logit => Math.Exp(logit - largest))];
            double sum = exponentials.Sum();
            for (int n = 0; n < keys.Length; n++)
            {
                double probability = exponentials[n] / sum;
                if (response is { } means)
                    means.Span[n] += probability * weight / net.Heads;
                foreach ((int i, int column) in Columns(head).Index())
                    attended[(head * MiniUNet.HeadWidth) + i] += probability * scale(n) * values[n][column];
            }
        }
    }

    /// <summary>A head's columns; the interleaved writing counts heads innermost.</summary>
    private IEnumerable<int> Columns(int head) => Enumerable.Range(0, MiniUNet.HeadWidth).Select(i => net.HeadsInnermost ? (i * net.Heads) + head : (head * MiniUNet.HeadWidth) + i);

    private double[][] Project(float[] values, int first, int count, int rows, float[] weight, float[] bias) => [.. Enumerable.Range(first, count).Select(row =>
        Enumerable.Range(0, net.Width).Select(column => bias[column] + Enumerable.Range(0, rows).Sum(i => (double)values[(row * rows) + i] * weight[(i * net.Width) + column])).ToArray())];

    private static void Enlarge(double[] maps, int count, int rows, int columns, int height, int width, Span<double> result)
    {
        for (int i = 0; i < count * height * width; i++)
        {
            (int g, int y, int x) = (i / (height * width), i / width % height, i % width);
            (int y0, int y1, double fy) = Place(y, rows, height);
            (int x0, int x1, double fx) = Place(x, columns, width);
            double At(int row, int column) => maps[(g * rows * columns) + (row * columns) + column];
            result[i] = ((1 - fy) * (((1 - fx) * At(y0, x0)) + (fx * At(y0, x1)))) + (fy * (((1 - fx) * At(y1, x0)) + (fx * At(y1, x1))));
        }
    }

    private static (int Low, int High, double Fraction) Place(int index, int from, int to)
    {
        double place = Math.Max(0, ((index + 0.5) * from / to) - 0.5);
        int low = Math.Min((int)place, from - 1);
        return (low, Math.Min(low + 1, from - 1), low == from - 1 ? 0 : place - low);
    }
}
