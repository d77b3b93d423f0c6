using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Additions;

namespace SafeDiffusion.Model.UNet;

/// <summary>A UNet's inputs and outputs, found by name, with the types and shapes that its file states.</summary>
internal sealed class UNetSignature
{
    public UNetSignature(OnnxSession session)
    {
        (Sample, NodeMetadata sample) = session.Input("sample");
        (Timestep, NodeMetadata timestep) = session.Input("timestep");
        (TextStates, NodeMetadata states) = session.Input("encoder_hidden_states");
        session.RequireNoOtherInputs([Sample, Timestep, TextStates, .. AddedNames.Inputs]);
        (Output, NodeMetadata output) = session.Output("out_sample", "sample", "sample_out");
        SampleType = FloatTensor.RequireFloat(sample, Sample, session.File);
        TextStatesType = FloatTensor.RequireFloat(states, TextStates, session.File);
        OutputType = FloatTensor.RequireFloat(output, Output, session.File);
        TimestepType = timestep.ElementDataType;
        RequireRank(session, Sample, sample, 4);
        RequireRank(session, TextStates, states, 3);
        TimestepRank = timestep.Dimensions.Length;
        if (TimestepRank > 1) throw new InvalidFileException(session.File, $"timestep has rank {TimestepRank}; 0 or 1 is needed.");
        // One timestep serves all rows; a fixed length of more is a value for each row.
        bool timestepFixesRows = timestep.Dimensions is [> 1];
        FixedRows = FixedBatch.Of(session, timestepFixesRows ? [Sample, TextStates, Timestep] : [Sample, TextStates]);
        TimestepIsPerRow = timestepFixesRows || timestep.Dimensions is [< 0] && timestep.SymbolicDimensions[0] == sample.SymbolicDimensions[0];
        Channels = Fixed(sample.Dimensions[1]);
        FixedHeight = Fixed(sample.Dimensions[2]);
        FixedWidth = Fixed(sample.Dimensions[3]);
        Tokens = Fixed(states.Dimensions[1]);
        TextWidth = Fixed(states.Dimensions[2]);
        if (session.Inputs.ContainsKey(AddedNames.GuidelineEmbeddings)) Features |= AttentionFeatures.Detect;
        if (session.Inputs.ContainsKey(AddedNames.TokenScale)) Features |= AttentionFeatures.Reweight;
        if (!session.Inputs.ContainsKey(AddedNames.InhibitorScale)) return;
        if (!session.OptionalInputs.ContainsKey(AddedNames.InhibitorMask))
        {
            throw new InvalidFileException(session.File, $"was instrumented by another version: it is inhibited and has no {AddedNames.InhibitorMask}. Instrument the model anew, as it was exported.");
        }
        Features |= AttentionFeatures.Inhibit;
        InhibitedLayers = session.Output(AddedNames.InhibitorResponse).Node.Dimensions[0];
    }

    public string Sample { get; }

    public string Timestep { get; }

    public string TextStates { get; }

    public string Output { get; }

    public TensorElementType SampleType { get; }

    public TensorElementType TextStatesType { get; }

    public TensorElementType OutputType { get; }

    public TensorElementType TimestepType { get; }

    public int TimestepRank { get; }

    /// <summary>Whether the timestep has one value per row, as the batch dimension's name or a fixed length tells.</summary>
    public bool TimestepIsPerRow { get; }

    /// <summary>The number of rows, where the graph fixes it.</summary>
    public int? FixedRows { get; }

    /// <summary>The latent channels, where the graph fixes them.</summary>
    public int? Channels { get; }

    public int? FixedHeight { get; }

    public int? FixedWidth { get; }

    /// <summary>The token positions of a text, where the graph fixes them.</summary>
    public int? Tokens { get; }

    /// <summary>The text states' width, where the graph fixes it.</summary>
    public int? TextWidth { get; }

    /// <summary>The features that instrumentation has added to the graph.</summary>
    public AttentionFeatures Features { get; }

    /// <summary>The L of <c>inhibitor_response</c>; 0 without inhibition.</summary>
    public int InhibitedLayers { get; }

    private static int? Fixed(int dimension) => dimension > 0 ? dimension : null;

    private static void RequireRank(OnnxSession session, string name, NodeMetadata node, int rank)
    {
        if (node.Dimensions.Length == rank) return;
        throw new InvalidFileException(session.File, $"{name} has rank {node.Dimensions.Length}; {rank} is needed.");
    }
}
