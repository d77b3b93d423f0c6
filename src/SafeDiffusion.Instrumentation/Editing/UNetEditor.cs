using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Editing;

/// <summary>Carries out a plan on a copy of the model.</summary>
internal static class UNetEditor
{
    private const long OldestOpset = 11;

    public static OnnxModelFile Edit(string path, UNetAnalysis analysis, InstrumentationPlan plan)
    {
        CheckPossible(path, analysis);
        ModelProto model = analysis.Graph.Model.Clone();
        RedundantCasts.Remove(model.Graph, analysis.Facts);
        GraphBuilder builder = new(path, model.Graph, analysis.Graph.Opset);
        Branches branches = new(builder, analysis, model.Graph);
        if (plan.Detection.Count > 0)
            new DetectionBranch(branches).Add(plan.Detection);
        if (plan.Reweighted.Count > 0)
            new ReweightBranch(branches).Add(plan.Reweighted);
        if (plan.Inhibited.Count > 0)
            new InhibitionBranch(branches).Add(plan.Inhibited);
        builder.Finish();
        AddedValues.Declare(model.Graph, analysis, plan);
        InstrumentationMetadata.Write(model, new InstrumentationMetadata(plan.Record(analysis), builder.Replaced));
        return new OnnxModelFile(path, model);
    }

    private static void CheckPossible(string path, UNetAnalysis analysis)
    {
        if (analysis.Graph.Opset < OldestOpset)
            throw new GraphNotUnderstoodException(path, "", "", $"operator set {OldestOpset} or later", $"the model imports operator set {analysis.Graph.Opset}");
        HashSet<string> taken = [.. analysis.Graph.Graph.Input.Concat(analysis.Graph.Graph.Output).Select(value => value.Name),
            .. analysis.Graph.Graph.Node.SelectMany(node => node.Output)];
        if (AddedNames.All.FirstOrDefault(taken.Contains) is { } name)
            throw new GraphNotUnderstoodException(path, "", name, "a graph in which the names to be added are free", $"it has a value '{name}' of its own");
    }
}
