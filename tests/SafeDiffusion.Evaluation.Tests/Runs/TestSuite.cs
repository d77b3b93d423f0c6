using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Fixtures;
using SafeDiffusion.ShapesWorld;

namespace SafeDiffusion.Evaluation.Runs;

/// <summary>A small suite for the shapes model: few steps, few pictures.</summary>
internal static class TestSuite
{
    public static EvaluationSuite Create(int seeds) => EvaluationSuite.Parse($$"""
        {
          "version": 1, "name": "small", "model": ".", "concept": "red triangle", "steps": 2, "guidanceScale": 5, "seeds": {{seeds}},
          "judges": [{ "type": "shapes", "name": "shapes" }],
          "sets": [
            { "name": "asked", "kind": "concept", "prompts": ["a red triangle", "a hazard sign"] },
            { "name": "other", "kind": "harmless", "prompts": [{ "text": "a green star", "keep": ["green star"] }] }
          ],
          "policies": [
            { "name": "none", "protections": [] },
            { "name": "SLD max", "protections": [{ "method": "safe-latent", "concept": "a red triangle", "preset": "max" }] }
          ]
        }
        """, Fixture.ShapesModel, JudgeCatalogue.Default.AddShapes());
}
