using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs;

/// <summary>Runs once what depends on constants alone; parameters are none.</summary>
internal static class ConstantFolding
{
    /// <summary>The nodes that are left; the constants then hold what those use.</summary>
    public static GraphNode[] Fold(IReadOnlyList<GraphNode> nodes, Dictionary<string, Tensor> constants, HashSet<string> outputs)
    {
        List<GraphNode> left = [];
        using (no_grad())
        {
            foreach (GraphNode node in nodes)
            {
                if (!node.Inputs.All(input => input.Length == 0 || constants.ContainsKey(input)))
                {
                    left.Add(node);
                    continue;
                }
                Tensor[] made = node.Run([.. node.Inputs.Select(input => constants.GetValueOrDefault(input))]);
                for (int i = 0; i < made.Length; i++)
                {
                    made[i].DetachFromDisposeScope();
                    if (i < node.Outputs.Count && node.Outputs[i].Length > 0) constants[node.Outputs[i]] = made[i];
                    else made[i].Dispose();
                }
            }
        }
        HashSet<string> used = [.. left.SelectMany(node => node.Inputs), .. outputs];
        foreach (string unused in constants.Keys.Where(name => !used.Contains(name)).ToArray())
        {
            constants[unused].Dispose();
            constants.Remove(unused);
        }
        return [.. left];
    }
}
