using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Suites;

namespace SafeDiffusion.Evaluation.Runs.Drawing;

/// <summary>A suite's judges, ready to judge.</summary>
internal sealed class JudgePanel : IDisposable
{
    private readonly List<IImageJudge> _judges = [];

    private JudgePanel()
    {
    }

    public IReadOnlyList<IImageJudge> Judges => _judges;

    /// <exception cref="InvalidSuiteException">A judge's settings cannot be used, or a judge does not know a label.</exception>
    /// <exception cref="InvalidFileException">A judge's file is missing or damaged.</exception>
    public static JudgePanel Create(EvaluationSuite suite, ExecutionProvider provider)
    {
        JudgePanel panel = new();
        try
        {
            // One thread: judging runs beside drawing.
            foreach (JudgeSettings settings in suite.Judges) panel._judges.Add(settings.Create(suite.Folder, provider, threads: 1));
            SuiteCheck.RequireKnownLabels(suite, panel._judges);
            return panel;
        }
        catch
        {
            panel.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (IImageJudge judge in _judges) judge.Dispose();
    }
}
