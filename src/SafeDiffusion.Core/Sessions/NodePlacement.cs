using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace SafeDiffusion.Core.Sessions;

/// <summary>Which provider ONNX Runtime has given each node of a session to, as the session itself says.</summary>
internal static unsafe partial class NodePlacement
{
    /// <summary>The session configuration entry that makes a session remember it; <c>1</c> turns it on.</summary>
    public const string ConfigKey = "session.record_ep_graph_assignment_info";

    /// <summary>The version of ONNX Runtime's interface that has it (1.24).</summary>
    private const uint ApiVersion = 24;

    private static readonly byte* _api = Api();

    /// <summary>A node and the provider that runs it.</summary>
    /// <param name="Provider">The provider, by ONNX Runtime's name.</param>
    /// <param name="Operator">The operator's type.</param>
    /// <param name="Name">The node's name; may be empty.</param>
    public readonly record struct PlacedNode(string Provider, string Operator, string Name);

    /// <summary>Reads it from a session whose options had <see cref="ConfigKey"/>. The managed package of 1.31 has the interface's table but no method for it.</summary>
    public static IReadOnlyList<PlacedNode> Of(InferenceSession session)
    {
        List<PlacedNode> nodes = [];
        foreach (nint subgraph in List(nameof(OrtApi.Session_GetEpGraphAssignmentInfo), Handle(session)))
        {
            string provider = Text(nameof(OrtApi.EpAssignedSubgraph_GetEpName), subgraph);
            foreach (nint node in List(nameof(OrtApi.EpAssignedSubgraph_GetNodes), subgraph))
                nodes.Add(new(provider, Text(nameof(OrtApi.EpAssignedNode_GetOperatorType), node), Text(nameof(OrtApi.EpAssignedNode_GetName), node)));
        }
        GC.KeepAlive(session);
        return nodes;
    }

    private static nint[] List(string function, nint owner)
    {
        nint* items;
        nuint count;
        Check(((delegate* unmanaged<nint, nint**, nuint*, nint>)Function(function))(owner, &items, &count));
        return new ReadOnlySpan<nint>(items, (int)count).ToArray();
    }

    private static string Text(string function, nint owner)
    {
        byte* text;
        Check(((delegate* unmanaged<nint, byte**, nint>)Function(function))(owner, &text));
        return Marshal.PtrToStringUTF8((nint)text) ?? "";
    }

    private static void Check(nint status)
    {
        if (status == 0) return;
        string message = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)Function(nameof(OrtApi.GetErrorMessage)))(status)) ?? "";
        ((delegate* unmanaged<nint, void>)Function(nameof(OrtApi.ReleaseStatus)))(status);
        throw new InvalidOperationException(message);
    }

    private static nint Function(string name) => *(nint*)(_api + Marshal.OffsetOf<OrtApi>(name));

    private static byte* Api()
    {
        OrtApiBase* functions = (OrtApiBase*)OrtGetApiBase();
        return (byte*)((delegate* unmanaged<uint, nint>)functions->GetApi)(ApiVersion);
    }

    [LibraryImport("onnxruntime")]
    private static partial nint OrtGetApiBase();

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Handle")]
    private static extern nint Handle(InferenceSession session);
}
