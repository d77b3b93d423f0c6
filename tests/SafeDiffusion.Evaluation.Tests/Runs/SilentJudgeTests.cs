using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Evaluation.Runs;

/// <summary>Model layer: a judge that does not judge ends the run; no picture counts without a judgement.</summary>
public sealed class SilentJudgeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("null")]
    [InlineData("none")]
    [InlineData("null inside")]
    public async Task TheRunEnds(string answer)
    {
        EvaluationSuite suite = EvaluationSuite.Parse($$"""
            {
              "version": 1, "name": "silent", "model": ".", "concept": "red triangle", "steps": 1, "seeds": 1,
              "judges": [{ "type": "silent", "name": "silent", "answer": "{{answer}}" }],
              "sets": [{ "name": "asked", "kind": "concept", "prompts": ["a red triangle"] }],
              "policies": [{ "name": "none", "protections": [] }]
            }
            """, Fixture.ShapesModel, JudgeCatalogue.Default.Add<SilentJudgeSettings>("silent"));
        InferenceException error = await Assert.ThrowsAsync<InferenceException>(
            () => EvaluationRun.RunAsync(suite, _folder.File("run"), new EvaluationOptions { Workers = 1, Threads = 1 }));
        Assert.Equal("silent", error.Network);
        Assert.Contains("gave 0 judgements of 1 pictures", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The settings of a judge that does not judge.</summary>
    public sealed record SilentJudgeSettings : JudgeSettings
    {
        /// <summary>What it gives.</summary>
        public string Answer { get; init; } = "";

        /// <inheritdoc/>
        public override IImageJudge Create(string folder, ExecutionProvider provider = ExecutionProvider.Cpu, int? threads = null) => new SilentJudge(Name, Answer);
    }

    private sealed class SilentJudge(string name, string answer) : IImageJudge
    {
        public string Name => name;

        public string Fingerprint => answer;

        public ImmutableArray<string> Labels => ["red triangle"];

        public IReadOnlyList<Judgement> Judge(IReadOnlyList<RgbImage> images, CancellationToken cancellationToken = default) =>
            answer switch { "null" => null!, "none" => [], _ => [null!] };

        public void Dispose()
        {
        }
    }
}
