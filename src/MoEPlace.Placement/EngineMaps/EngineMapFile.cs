using System.Collections.Immutable;

namespace MoEPlace.Placement.EngineMaps;

/// <summary>Engines' expert maps by the name of the engine.</summary>
public static class EngineMapFile
{
    /// <summary>The engines whose maps can be read and written. (Omni's arrays can be read: <see cref="OmniPlacement"/>.)</summary>
    public static ImmutableArray<string> Engines { get; } =
        [SglangMap.Engine, TensorRtLlmMap.Engine, VllmMap.Engine, VllmAscendMap.Engine, ExFlowMap.Engine];

    /// <summary>Writes a placement as an engine's map, whole or not at all.</summary>
    /// <exception cref="InputException">No such engine, its format cannot hold this placement, or the path cannot be written.</exception>
    public static void Write(string engine, string path, ExpertPlacement placement)
    {
        switch (engine)
        {
            case SglangMap.Engine:
                SglangMap.Write(path, placement);
                break;
            case TensorRtLlmMap.Engine:
                TensorRtLlmMap.Write(path, placement);
                break;
            case VllmMap.Engine:
                VllmMap.Write(path, placement);
                break;
            case VllmAscendMap.Engine:
                VllmAscendMap.Write(path, placement);
                break;
            case ExFlowMap.Engine:
                ExFlowMap.Write(path, placement);
                break;
            default:
                throw NoSuchEngine("placement export", engine);
        }
    }

    /// <summary>Reads an engine's map.</summary>
    /// <exception cref="InputException">No such engine, or the file is not a map of it for this context; every fault is told.</exception>
    public static ExpertPlacement Read(string engine, string path, EngineMapContext context) => engine switch
    {
        SglangMap.Engine => SglangMap.Read(path, context),
        TensorRtLlmMap.Engine => TensorRtLlmMap.Read(path, context),
        VllmMap.Engine => VllmMap.Read(path, context),
        VllmAscendMap.Engine => VllmAscendMap.Read(path, context),
        ExFlowMap.Engine => ExFlowMap.Read(path, context),
        _ => throw NoSuchEngine("placement import", engine),
    };

    private static InputException NoSuchEngine(string command, string engine) =>
        new(command, "engine", engine, string.Join(", ", Engines));
}
