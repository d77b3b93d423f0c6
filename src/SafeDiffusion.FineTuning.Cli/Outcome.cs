using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.FineTuning.Cli;

/// <summary>A command's end: errors become a message and an exit code.</summary>
internal static class Outcome
{
    public static async Task<int> OfAsync(Func<Task<int>> run)
    {
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Cancelled; the checkpoint, where one was asked for, holds what was trained.");
            return 130;
        }
        catch (SafeDiffusionException error)
        {
            Console.Error.WriteLine($"error: {VisibleText.OfLines(error.Message)}");
            return error is InvalidRequestException ? 2 : 3;
        }
    }
}
