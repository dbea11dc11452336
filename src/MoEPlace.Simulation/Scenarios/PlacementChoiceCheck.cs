using System.Globalization;
using MoEPlace.Evaluation;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>Checks that the experts of a variant can stand where it says.</summary>
internal static class PlacementChoiceCheck
{
    private const string Affinity = "affinity";

    /// <summary>Notes what keeps them from it.</summary>
    /// <param name="variant">All but its placement is sound.</param>
    /// <param name="field">The key path of a part of the setting.</param>
    /// <param name="faults">Where to note it.</param>
    internal static void Check(ScenarioVariant variant, Func<string, string> field, InputFaults faults)
    {
        var (placement, at) = (variant.Placement, field("placement"));
        if (placement.File is { } path)
        {
            CheckFile(variant, path, faults);
            return;
        }
        var known = faults.Require(
            PlacementChoice.Policies.Contains(placement.Policy), at + ".policy", placement.Policy,
            string.Join(", ", PlacementChoice.Policies) + ", whose limits are no seconds");
        faults.Require(
            placement.Objective is "crossing" or "copies" or "step", at + ".objective", placement.Objective, "crossing, copies or step");
        faults.Require(
            placement.MaxImbalance is null || placement is { MaxImbalance: >= 1 and <= 1e9, Policy: Affinity }, at + ".maxImbalance",
            placement.MaxImbalance,
            $"1 or more, with policy {Affinity}");
        faults.Require(placement.IterationLimit is >= 1 and <= 100_000, at + ".iterationLimit", placement.IterationLimit, "1 to 100,000");
        if (known)
            CheckSlots(variant, field, faults);
    }

    private static void CheckSlots(ScenarioVariant variant, Func<string, string> field, InputFaults faults)
    {
        var (placement, cluster, left, at) = (variant.Placement, variant.Cluster, variant.RanksLeft, field("placement"));
        // Affinity deals slots to ranks that differ, and then makes no replicas; the nodes that are left are else a cluster of equal ranks.
        var free = placement.Policy == Affinity
            && (variant.LostNodes is null || (variant.LostNodes == 0 && cluster.UnequalRanks is { Length: > 0 }));
        var most = !free && placement.Policy is Affinity or "eplb" or "cooccurrence" ? (long)variant.Model.Experts * (left - 1) : 0;
        if (!faults.Require(placement.Redundant >= 0 && placement.Redundant <= most, at + ".redundant", placement.Redundant,
            $"0 to {most} with policy {placement.Policy} on these ranks"))
            return;
        var slots = (long)variant.Model.Experts + placement.Redundant;
        faults.Require(
            slots % left == 0 || free, field("cluster"), $"{left} ranks",
            $"ranks that divide the {slots} slots of a layer (experts + redundant)");
        faults.Require(
            placement.Policy == Affinity || variant.LostNodes is not null, field("lostRanks"), string.Join(", ", variant.LostRanks),
            $"all ranks of a node, or placement policy {Affinity}");
        CheckMemory(variant, slots, free, field, faults);
    }

    private static void CheckMemory(ScenarioVariant variant, long slots, bool free, Func<string, string> field, InputFaults faults)
    {
        var (model, cluster) = (variant.Model, variant.Cluster);
        var step = new StepModel(model, cluster, variant.Conditions);
        var each = (slots + variant.RanksLeft - 1) / variant.RanksLeft;
        var (room, least, fullest) = (0L, long.MaxValue, 0);
        for (var rank = 0; rank < cluster.Ranks; rank++)
        {
            if (variant.LostRanks.Contains(rank))
                continue;
            var fit = Math.Min(model.Experts, step.SlotsThatFit(new RankId(rank)));
            room += fit;
            if (fit < least)
                (least, fullest) = (fit, rank);
        }
        if (free ? room >= slots : least >= each)
            return;
        var memory = cluster.MemoryBytesOf(new RankId(fullest));
        faults.Add(field("cluster") + ".device.memoryBytes", memory, string.Create(
            CultureInfo.InvariantCulture,
            $"room for {each} experts of each layer on a rank, {(double)each * model.Layers * model.Dimensions!.ExpertBytes:F0} bytes, beside other weights and the keys and values of {variant.TokensPerStep} tokens; rank {fullest} has room for {least}"));
    }

    private static void CheckFile(ScenarioVariant variant, string path, InputFaults faults)
    {
        ExpertPlacement map;
        try
        {
            map = ExpertPlacementFile.Read(path);
        }
        catch (InputException e)
        {
            faults.AddRange(e.Faults);
            return;
        }
        var unfit = new InputFaults(path);
        PlacementCost.CheckFit(unfit, "placement", map, variant.Model, variant.Cluster);
        if (!unfit.Any)
        {
            CheckLeft(variant, map, unfit);
            CheckRoom(variant, map, unfit);
        }
        faults.AddRange(unfit.ToImmutable());
    }

    /// <summary>Notes the first rank that holds more than its memory has room for.</summary>
    private static void CheckRoom(ScenarioVariant variant, ExpertPlacement map, InputFaults faults)
    {
        var step = new StepModel(variant.Model, variant.Cluster, variant.Conditions);
        for (var rank = new RankId(0); rank.Value < map.Ranks; rank = new RankId(rank.Value + 1))
        {
            var held = variant.LostRanks.Contains(rank.Value) ? 0
                : Enumerable.Range(0, map.Layers).Sum(layer => (long)map.ExpertsOn(new LayerId(layer), rank).Length);
            var room = step.SlotsThatFit(rank);
            if (!faults.Require(held <= room * map.Layers, "slots", $"{held} experts on rank {rank.Value} over all layers", string.Create(
                CultureInfo.InvariantCulture,
                $"at most {room * map.Layers}: its memory of {variant.Cluster.MemoryBytesOf(rank)} bytes also holds other weights and the keys and values of {variant.TokensPerStep} tokens")))
                return;
        }
    }

    private static void CheckLeft(ScenarioVariant variant, ExpertPlacement map, InputFaults faults)
    {
        for (var layer = 0; layer < map.Layers; layer++)
        {
            for (var expert = 0; expert < map.Experts; expert++)
            {
                var left = false;
                foreach (var rank in map.RanksOf(new LayerId(layer), new ExpertId(expert)))
                    left |= !variant.LostRanks.Contains(rank);
                if (!faults.Require(left, $"slots[{layer}]", $"expert {expert} on lost ranks alone", "every expert on a rank that is left"))
                    break;
            }
        }
    }
}
