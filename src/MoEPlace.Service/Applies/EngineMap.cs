using MoEPlace.Placement.EngineMaps;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Service.Applies;

/// <summary>A placement as the file of an engine.</summary>
internal static class EngineMap
{
    /// <summary>The file's bytes; for our own executor the placement file.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="placement">The placement.</param>
    /// <param name="scratch">A folder to write to in passing.</param>
    /// <exception cref="InputException">The engine's format cannot hold the placement.</exception>
    internal static byte[] Of(JobEngine engine, ExpertPlacement placement, string scratch)
    {
        var path = Path.Combine(scratch, $"{Guid.NewGuid():N}.map");
        try
        {
            if (NameOf(engine) is { } name)
                EngineMapFile.Write(name, path, placement);
            else
                ExpertPlacementFile.Write(path, placement);
            return File.ReadAllBytes(path);
        }
        catch (InputException e)
        {
            // Where it was to be written is nobody's business.
            throw new InputException(e.Faults.Select(fault => fault with { File = "map" }));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string? NameOf(JobEngine engine) => engine switch
    {
        JobEngine.Sglang => SglangMap.Engine,
        JobEngine.Vllm => VllmMap.Engine,
        JobEngine.VllmAscend => VllmAscendMap.Engine,
        JobEngine.TensorrtLlm => TensorRtLlmMap.Engine,
        _ => null,
    };
}
