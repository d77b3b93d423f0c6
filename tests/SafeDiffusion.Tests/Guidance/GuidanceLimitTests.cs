using System.Numerics.Tensors;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Scheduling;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Guidance;

/// <summary>Formula layer: guidance that is limited in parts of a picture, against a picture that was drawn with less of it from the start.</summary>
public sealed class GuidanceLimitTests
{
    private const float Scale = 12, Lesser = 5;

    private static readonly LatentShape _shape = new(2, 4, 4);

    /// <summary>The left half.</summary>
    private static readonly float[] _mask = [.. Enumerable.Range(0, 16).Select(i => i % 4 < 2 ? 1f : 0f)];

    /// <summary>With predictions that do not hang on the latents, "to first order" is exact.</summary>
    [Theory]
    [InlineData(PredictionType.Epsilon, 0f)]
    [InlineData(PredictionType.Velocity, 0f)]
    [InlineData(PredictionType.Epsilon, 0.7f)]
    public void WhatGuidanceDidBeforeIsTakenBackWhereItIsLimited(PredictionType type, float eta)
    {
        DdimPlan plan = new DdimScheduler(new SchedulerSettings { PredictionType = type, ClipSample = false }).CreatePlan(10);
        GuidanceLimit limit = new(_shape, [.. Enumerable.Range(0, 10).Select(step => plan.ChangeOf(step, eta))]);
        float[] start = Values(0), drawn = [.. start], limited = [.. start], unlimited = [.. start];
        for (int step = 0; step < 4; step++)
        {
            FakePredictions predictions = new(_shape.Length, 2);
            predictions.Set(Values(2 * step + 1), Values(2 * step + 2));
            bool sees = step >= 2;
            float[] term = new float[_shape.Length];
            limit.ApplyInPlace(step, predictions.Predictions, Scale, Scale - Lesser, sees ? _mask : new float[16], term);
            Take(drawn, Scale, term);
            Take(limited, sees ? Lesser : 0, null);
            Take(unlimited, Scale, null);

            void Take(float[] latents, float scale, float[]? add)
            {
                float[] guided = new float[latents.Length];
                ClassifierFreeGuidance.Combine(predictions.Predictions[Row.Unconditional], predictions.Predictions[Row.Prompt], scale, guided);
                if (add is not null) TensorPrimitives.Add(guided, add, guided);
                plan.Step(step, guided, latents, latents, eta, new float[latents.Length]);
            }
        }
        for (int i = 0; i < drawn.Length; i++) Assert.Equal((_mask[i % 16] > 0 ? limited : unlimited)[i], drawn[i], 1e-3f);
    }

    [Fact]
    public void WhatOneProtectionHasTakenOffNoOtherTakesOffAgain()
    {
        GuidanceLimit limit = new(_shape, []);
        FakePredictions predictions = new(_shape.Length, 2);
        predictions.Set(Values(1), Values(2));
        float[] first = new float[_shape.Length], second = new float[_shape.Length], everywhere = [.. Enumerable.Repeat(1f, 16)];
        limit.ApplyInPlace(0, predictions.Predictions, Scale, Scale - Lesser, _mask, first);
        limit.ApplyInPlace(0, predictions.Predictions, Scale, Scale - Lesser, everywhere, second);
        for (int i = 0; i < first.Length; i++)
        {
            float whole = -(Scale - Lesser) * (predictions.Predictions[Row.Prompt][i] - predictions.Predictions[Row.Unconditional][i]);
            Assert.Equal(_mask[i % 16] > 0 ? (whole, 0f) : (0f, whole), (first[i], second[i]));
        }
    }

    private static float[] Values(int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, _shape.Length).Select(_ => random.NextSingle() - 0.5f)];
    }
}
