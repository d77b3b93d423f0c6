using SafeDiffusion.Model.Scheduling;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Generation;

/// <summary>
/// The one denoising loop. It knows no method by name: it asks the pictures which rows they need, evaluates them in batches, lets the
/// pictures combine them, and takes the scheduler's step.
/// </summary>
/// <param name="evaluator">Evaluates the UNet's rows.</param>
/// <param name="plan">The scheduler's timesteps.</param>
/// <param name="eta">DDIM's eta, 0 to 1.</param>
internal sealed class DenoisingLoop(RowEvaluator evaluator, DdimPlan plan, float eta)
{
    /// <summary>Denoises all pictures together.</summary>
    /// <param name="pictures">The pictures, all of one shape.</param>
    /// <param name="start">The first step to take: 0, or later where a picture to start from is given.</param>
    /// <param name="afterStep">Called after every step, with its predictions still readable.</param>
    /// <param name="cancellationToken">Ends the run within one UNet call.</param>
    public void Run(ReadOnlySpan<PictureDenoising> pictures, int start, Action<DenoisingStep>? afterStep, CancellationToken cancellationToken)
    {
        int count = plan.Timesteps.Length - start;
        for (int i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            DenoisingStep step = new(i, plan.Timesteps[start + i], count);
            Predict(pictures, step, cancellationToken);
            foreach (PictureDenoising picture in pictures)
            {
                picture.Guide(step);
                TakeStep(picture, start + i);
            }
            afterStep?.Invoke(step);
            foreach (PictureDenoising picture in pictures) picture.Advance();
            evaluator.EndStep();
        }
    }

    private void Predict(ReadOnlySpan<PictureDenoising> pictures, in DenoisingStep step, CancellationToken cancellationToken)
    {
        foreach (PictureDenoising picture in pictures)
        {
            picture.EditPrompt(step);
            evaluator.Want(picture, picture.SurelyNeeds(step));
        }
        evaluator.Evaluate(step, cancellationToken);
        foreach (PictureDenoising picture in pictures)
        {
            if (picture.EditsPromptAgain(step)) evaluator.Want(picture, Row.Prompt);
        }
        evaluator.Evaluate(step, cancellationToken);
        foreach (PictureDenoising picture in pictures) evaluator.Want(picture, picture.AlsoNeeds(step));
        evaluator.Evaluate(step, cancellationToken);
    }

    private void TakeStep(PictureDenoising picture, int planIndex)
    {
        picture.Noise?.Fill(picture.StepNoise);
        plan.Step(planIndex, picture.Guided, picture.Latents, picture.Next, eta, picture.StepNoise);
        picture.Start?.RestoreInPlace(planIndex + 1, picture.Next);
    }
}
