using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>Makes findings of a network's outputs.</summary>
internal interface IFindingReader
{
    /// <summary>The names of the outputs that it reads, in the order in which it takes them.</summary>
    IReadOnlyList<string> Outputs { get; }

    /// <summary>Reads one picture's findings.</summary>
    /// <param name="outputs">The call's outputs.</param>
    /// <param name="index">The picture's place in the call.</param>
    /// <param name="count">How many pictures the call had.</param>
    /// <param name="image">The picture.</param>
    /// <exception cref="InferenceException">The outputs' shapes are not what they must be.</exception>
    IEnumerable<Finding> Read(OutputTensor[] outputs, int index, int count, RgbImage image);
}
