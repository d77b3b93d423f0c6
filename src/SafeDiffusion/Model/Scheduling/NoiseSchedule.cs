namespace SafeDiffusion.Model.Scheduling;

/// <summary>Betas and their products in float32, in the reference's order of operations.</summary>
internal static class NoiseSchedule
{
    /// <summary>The betas of all training timesteps, <c>[T]</c>.</summary>
    public static float[] ComputeBetas(SchedulerSettings settings)
    {
        float[] betas = ComputeTrainingBetas(settings);
        return settings.RescaleBetasZeroSnr ? RescaleToZeroSnr(betas) : betas;
    }

    /// <summary>
    /// <c>abar_t</c>, the running product of <c>1 - beta</c>, <c>[T]</c>: float32 factors and results, but as in <c>torch.cumprod</c> on
    /// the CPU the product itself runs in double.
    /// </summary>
    public static float[] AccumulateAlphas(ReadOnlySpan<float> betas)
    {
        float[] products = new float[betas.Length];
        double product = 1;
        for (int t = 0; t < betas.Length; t++)
        {
            product *= 1 - betas[t];
            products[t] = (float)product;
        }
        return products;
    }

    private static float[] ComputeTrainingBetas(SchedulerSettings settings)
    {
        if (settings.TrainedBetas is { } trained) return [.. trained.Select(beta => (float)beta)];
        int count = settings.TrainingTimesteps;
        if (settings.BetaSchedule == BetaSchedule.Linear) return Ramp((float)settings.BetaStart, (float)settings.BetaEnd, count);
        float[] roots = Ramp((float)Math.Sqrt(settings.BetaStart), (float)Math.Sqrt(settings.BetaEnd), count);
        return [.. roots.Select(root => root * root)];
    }

    /// <summary><c>torch.linspace</c>: the first half counts from the start, the second from the end, each with one rounding.</summary>
    private static float[] Ramp(float start, float end, int count)
    {
        if (count == 1) return [start];
        float step = (end - start) / (count - 1);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = i < count / 2
                ? MathF.FusedMultiplyAdd(step, i, start)
                : MathF.FusedMultiplyAdd(-step, count - 1 - i, end);
        }
        return values;
    }

    /// <summary>Shifts and scales <c>sqrt(abar)</c> so that the last is 0 and the first stays (Lin et al. 2023, algorithm 1).</summary>
    private static float[] RescaleToZeroSnr(float[] betas)
    {
        float[] roots = [.. AccumulateAlphas(betas).Select(MathF.Sqrt)];
        float first = roots[0];
        float last = roots[^1];
        // A schedule of one timestep cannot both stay and become 0.
        if (first == last) return betas;
        float[] products = [.. roots.Select(root => (root - last) * (first / (first - last))).Select(root => root * root)];
        float[] rescaled = new float[betas.Length];
        rescaled[0] = 1 - products[0];
        for (int t = 1; t < rescaled.Length; t++) rescaled[t] = 1 - products[t] / products[t - 1];
        return rescaled;
    }
}
