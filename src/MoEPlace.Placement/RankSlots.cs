using System.Collections.Immutable;
using System.Globalization;
using MoEPlace.Evaluation;

namespace MoEPlace.Placement;

/// <summary>How many slots every rank has in every layer, and what makes that impossible.</summary>
internal static class RankSlots
{
    /// <summary>
    /// Deals the slots of a layer over the ranks that are in use, as evenly as their memory allows; the first ranks get what does not
    /// divide. Memory plays a part where the model's dimensions are known.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="cluster">Nodes and ranks.</param>
    /// <param name="conditions">Keys and values that share the memory.</param>
    /// <param name="redundantSlots">Slots beyond one for each expert.</param>
    /// <param name="drained">Ranks that shall hold nothing.</param>
    /// <param name="conflicts">Receives what conflicts; the slots are then worth nothing.</param>
    internal static ImmutableArray<int> Deal(
        MoEModel model, Cluster cluster, EvaluationOptions conditions, int redundantSlots, ImmutableArray<int> drained, List<string> conflicts)
    {
        var most = new int[cluster.Ranks];
        Array.Fill(most, model.Experts);
        var step = model.Dimensions is null ? null : new StepModel(model, cluster, conditions);
        for (var rank = 0; step is not null && rank < most.Length; rank++)
            most[rank] = (int)Math.Min(most[rank], step.SlotsThatFit(new RankId(rank)));
        foreach (var rank in drained)
            most[rank] = 0;
        var (total, room) = (model.Experts + redundantSlots, most.Sum(m => (long)m));
        if (room < total)
        {
            var memoryBinds = most.Where((m, rank) => m < model.Experts && !drained.Contains(rank)).Any();
            conflicts.Add(Short(model, cluster, conditions, redundantSlots, drained, room, memoryBinds));
        }
        return Fill(most, (int)Math.Min(total, room));
    }

    /// <summary>What staying within a migration budget excludes: experts that must travel because their ranks have no slot for them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="current">The placement in force.</param>
    /// <param name="slotsOf">[ranks] slots per layer.</param>
    /// <param name="budgetBytes">The most bytes that may travel.</param>
    /// <param name="conflicts">Receives what conflicts.</param>
    internal static void CheckBudget(
        MoEModel model, ExpertPlacement current, ImmutableArray<int> slotsOf, long budgetBytes, List<string> conflicts)
    {
        long forced = 0;
        for (var layer = 0; layer < current.Layers; layer++)
            for (var rank = 0; rank < slotsOf.Length; rank++)
                forced += Math.Max(0, slotsOf[rank] - current.ExpertsOn(new LayerId(layer), new RankId(rank)).Length);
        var least = (Int128)forced * model.Dimensions!.ExpertBytes;
        if (least > budgetBytes)
            conflicts.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"--migration-budget {budgetBytes} conflicts with the slots of the ranks: {forced} experts must travel from --current, {least} bytes"));
    }

    private static ImmutableArray<int> Fill(int[] most, int total)
    {
        var slots = new int[most.Length];
        while (total > 0)
        {
            var open = 0;
            for (var rank = 0; rank < most.Length; rank++)
                open += slots[rank] < most[rank] ? 1 : 0;
            var each = Math.Max(1, total / Math.Max(1, open));
            for (var rank = 0; rank < most.Length && total > 0; rank++)
            {
                var more = Math.Min(Math.Min(each, total), most[rank] - slots[rank]);
                slots[rank] += more;
                total -= more;
            }
        }
        return [.. slots];
    }

    private static string Short(
        MoEModel model, Cluster cluster, EvaluationOptions conditions, int redundantSlots, ImmutableArray<int> drained, long room,
        bool memoryBinds)
    {
        var wanted = $"{model.Experts} experts" + (redundantSlots > 0 ? $" and --redundant {redundantSlots}" : "");
        var ranks = $"{cluster.Ranks - drained.Length} ranks" + (drained.IsEmpty ? "" : $" (--drain {string.Join(',', drained)})");
        return memoryBinds && model.Dimensions is { } dimensions
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{wanted} of {dimensions.ExpertBytes} bytes in each of {model.Layers} layers conflict with the memory of {ranks} of {cluster.Name}: "
                + $"beside other weights and keys and values of --tokens-per-step {conditions.TokensPerStep} x --context {conditions.ContextTokens} "
                + $"they have room for {room} per layer")
            : $"{wanted} per layer conflict with {ranks}, which hold an expert at most once each: room for {room}";
    }
}
