namespace MoEPlace.Executor.Control;

/// <summary>Whether a running job could take a placement at all.</summary>
internal static class PlacementFit
{
    /// <summary>Notes whatever keeps a placement from being one of the job's model and ranks.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="target">The placement.</param>
    /// <param name="current">One that the job has run with.</param>
    internal static void Check(InputFaults faults, ExpertPlacement target, ExpertPlacement current)
    {
        var name = current.Model;
        faults.Require(target.Experts == current.Experts, "experts", target.Experts, $"{current.Experts}, as {name} has");
        faults.Require(target.HiddenLayers == current.HiddenLayers, "hiddenLayers", target.HiddenLayers, $"{current.HiddenLayers}, as {name} has");
        faults.Require(
            target.MoeLayerIds.AsSpan().SequenceEqual(current.MoeLayerIds.AsSpan()), "moeLayerIds", string.Join(", ", target.MoeLayerIds),
            $"{string.Join(", ", current.MoeLayerIds)}, as {name} has");
        faults.Require(target.Nodes == current.Nodes, "nodes", target.Nodes, $"{current.Nodes}, as the job runs on");
        faults.Require(
            target.RanksPerNode == current.RanksPerNode, "ranksPerNode", target.RanksPerNode, $"{current.RanksPerNode}, as the job runs on");
    }
}
