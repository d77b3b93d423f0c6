using SafeDiffusion.Model.Scheduling;
using SafeDiffusion.Model.UNet;
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
    /// <summary>Denoises all pictures together. Those that are to be begun again leave the others, which go on, and are drawn together in a pass of their own.</summary>
    /// <param name="pictures">The pictures, all of one shape.</param>
    /// <param name="start">The first step to take: 0, or later where a picture to start from is given.</param>
    /// <param name="pass">The number of the pass: 0 for pictures that are drawn for the first time; above, all are begun again.</param>
    /// <param name="afterStep">Called after every step, with its predictions still readable.</param>
    /// <param name="cancellationToken">Ends the run within one UNet call.</param>
    /// <returns>The number of the next pass.</returns>
    public int Run(IReadOnlyList<PictureDenoising> pictures, int start, int pass, Action<DenoisingStep, DenoisingPass>? afterStep, CancellationToken cancellationToken)
    {
        for (; pictures.Count > 0; pass++)
        {
            if (pass > 0) pictures = [.. pictures.Select(picture => picture.BeginAgain())];
            pictures = RunPass(new(pass, [.. pictures]), start, afterStep, cancellationToken);
        }
        return pass;
    }

    /// <returns>The pictures that are to be begun again.</returns>
    private List<PictureDenoising> RunPass(DenoisingPass pass, int start, Action<DenoisingStep, DenoisingPass>? afterStep, CancellationToken cancellationToken)
    {
        List<PictureDenoising> left = [];
        int count = plan.Timesteps.Length - start;
        for (int i = 0; i < count && pass.Pictures.Count > 0; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            DenoisingStep step = new(i, plan.Timesteps[start + i], count);
            Predict(pass.Pictures, step, cancellationToken);
            foreach (PictureDenoising picture in pass.Pictures)
            {
                picture.Guide(step);
                if (picture.WantsRedraw(step)) left.Add(Decided(picture, step, cancellationToken));
                TakeStep(picture, start + i);
            }
            afterStep?.Invoke(step, pass);
            foreach (PictureDenoising picture in pass.Pictures) picture.Advance();
            pass.Pictures.RemoveAll(picture => picture.Redraw is not null);
            evaluator.EndStep();
        }
        return left;
    }

    private PictureDenoising Decided(PictureDenoising picture, DenoisingStep step, CancellationToken cancellationToken)
    {
        picture.DecideRedraw(step, picture.Predictions, rows => Try(picture, rows, step, cancellationToken));
        return picture;
    }

    private float[][] Try(PictureDenoising picture, IReadOnlyList<RowInputs> rows, in DenoisingStep step, CancellationToken cancellationToken)
    {
        picture.Trace.AddRows(step.Index, rows.Count);
        return evaluator.Try(picture.Latents, rows, step, cancellationToken);
    }

    private void Predict(List<PictureDenoising> pictures, in DenoisingStep step, CancellationToken cancellationToken)
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

/// <summary>The pictures that are denoised together from the first step on.</summary>
/// <param name="Number">0 for the first pass; above, the pictures are begun again.</param>
/// <param name="Pictures">Those that are still in it; one that is to be begun again leaves it.</param>
internal sealed record DenoisingPass(int Number, List<PictureDenoising> Pictures);
