using System.Collections.Immutable;

namespace MoEPlace.Placement;

/// <summary>
/// What must move between two placements of one shape. An expert that stays on its rank is not moved, whatever its slot there.
/// </summary>
/// <param name="Moves">By layer, then receiving rank, then expert.</param>
/// <param name="SlotsKept">(layer, rank, expert) that both placements have.</param>
/// <param name="CopiesDropped">Old copies that no move takes the place of: replicas that are given up.</param>
/// <param name="MovedExperts">Distinct (layer, expert) among the moves.</param>
/// <param name="Bytes">Weights that travel: moves x bytes of an expert; null when the model's dimensions are unknown.</param>
/// <param name="Time">How long they take; null when the dimensions are unknown or no cluster is given.</param>
public sealed record PlacementDiff(
    ImmutableArray<PlacementMove> Moves,
    long SlotsKept,
    long CopiesDropped,
    long MovedExperts,
    long? Bytes,
    MigrationTime? Time)
{
    /// <summary>Compares two placements.</summary>
    /// <param name="before">The placement that is served now.</param>
    /// <param name="after">The placement that shall be served.</param>
    /// <param name="dimensions">Sizes of the model; null when unknown.</param>
    /// <param name="cluster">The links that the weights travel; null when unknown.</param>
    /// <exception cref="InputException">The placements differ in layers, experts, nodes or ranks, or the cluster does.</exception>
    public static PlacementDiff Between(
        ExpertPlacement before, ExpertPlacement after, ModelDimensions? dimensions = null, Cluster? cluster = null)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        CheckShape(before, after, cluster);
        var search = new PlacementMoveSearch(before, after);
        var moves = search.Moves();
        var bytes = dimensions?.ExpertBytes;
        var time = bytes is { } each && cluster is not null ? MigrationTime.Of(moves, each, cluster) : null;
        return new PlacementDiff(moves, search.SlotsKept, search.CopiesDropped, search.MovedExperts, bytes * moves.Length, time);
    }

    /// <summary>Equal when all members are, move by move.</summary>
    public bool Equals(PlacementDiff? other) =>
        other is not null && SlotsKept == other.SlotsKept && CopiesDropped == other.CopiesDropped && MovedExperts == other.MovedExperts
        && Bytes == other.Bytes && Time == other.Time && Moves.AsSpan().SequenceEqual(other.Moves.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Moves.Length, SlotsKept, CopiesDropped, MovedExperts, Bytes, Time);

    private static void CheckShape(ExpertPlacement before, ExpertPlacement after, Cluster? cluster)
    {
        var faults = new InputFaults("placement diff");
        faults.Require(after.Experts == before.Experts, "experts", after.Experts, $"{before.Experts}, as in the first placement");
        faults.Require(after.Nodes == before.Nodes, "nodes", after.Nodes, $"{before.Nodes}, as in the first placement");
        faults.Require(after.RanksPerNode == before.RanksPerNode, "ranksPerNode", after.RanksPerNode,
            $"{before.RanksPerNode}, as in the first placement");
        faults.Require(after.HiddenLayers == before.HiddenLayers, "hiddenLayers", after.HiddenLayers,
            $"{before.HiddenLayers}, as in the first placement");
        faults.Require(
            after.MoeLayerIds.AsSpan().SequenceEqual(before.MoeLayerIds.AsSpan()), "moeLayerIds", string.Join(", ", after.MoeLayerIds),
                $"{string.Join(", ", before.MoeLayerIds)}, as in the first placement");
        if (cluster is not null)
        {
            faults.Require(cluster.Nodes == before.Nodes, "cluster.nodes", cluster.Nodes, $"{before.Nodes}, as in the placements");
            faults.Require(cluster.RanksPerNode == before.RanksPerNode, "cluster.ranksPerNode", cluster.RanksPerNode,
                $"{before.RanksPerNode}, as in the placements");
        }
        faults.ThrowIfAny();
    }
}
