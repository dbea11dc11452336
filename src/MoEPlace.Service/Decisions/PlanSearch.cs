using MoEPlace.Evaluation;
using MoEPlace.Placement;
using MoEPlace.Placement.Affinity;
using MoEPlace.Placement.Policies;
using MoEPlace.Service.Jobs;
using MoEPlace.Traces;

namespace MoEPlace.Service.Decisions;

/// <summary>Searches placements that may take the place of the one in force, which all of them start from or are named after.</summary>
/// <param name="input">What is decided on.</param>
/// <param name="current">What is in force.</param>
/// <param name="conditions">Residency, and the step that is modelled.</param>
internal sealed class PlanSearch(DecisionInput input, ExpertPlacement current, EvaluationOptions conditions)
{
    /// <summary>Swaps that one iteration of <see cref="LoopPolicy.SearchIterations"/> tries.</summary>
    private const int SwapsOfIteration = 100;

    /// <summary>Swaps for each expert in a round of the searches of <see cref="AffinityPolicy"/>.</summary>
    private const int SwapsOfRound = 5_000;

    /// <summary>What is minimised: the modelled step, or, where the sizes of the model are unknown, what is sent.</summary>
    internal static PlacementObjective ObjectiveOf(MoEModel model) =>
        model.Dimensions is null ? PlacementObjective.Copies : PlacementObjective.Step;

    /// <summary>Placements to choose among.</summary>
    /// <param name="slice">The tokens that are solved on.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <exception cref="InputException">Nothing can be searched: the shape of what is in force, or of the cluster.</exception>
    /// <exception cref="InfeasibleException">Limits exclude each other.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    internal IEnumerable<ExpertPlacement> Candidates(TraceSlice slice, CancellationToken cancellation)
    {
        var redundant = RedundantSlots();
        var byLoad = input.RoutingFromCounts || !slice.Trace.HasTopOne;
        var budget = byLoad || redundant > 0 ? null : input.Policy.MigrationBudgetBytes;
        var problem = PlacementProblem.Create(
            input.Model, input.Cluster, RoutingCounts.Of(slice), slice, ObjectiveOf(input.Model), conditions, redundant, input.Policy.MaxImbalance,
            input.Seed, TimeSpan.MaxValue / 2, Rounds(redundant), slice.Trace.Digest, current: current, migrationBudgetBytes: budget) with
        { WantsBound = false };
        if (byLoad || redundant > 0)
            foreach (var plan in Named(EplbPolicy.Place(problem).Placement))
                yield return plan;
        if (byLoad)
            yield break;
        var found = AffinityPolicy.Place(problem, null, cancellation).Placement;
        cancellation.ThrowIfCancellationRequested();
        foreach (var plan in Named(found))
            yield return plan;
    }

    /// <summary>A plan, and the same under the names that move least.</summary>
    private IEnumerable<ExpertPlacement> Named(ExpertPlacement plan)
    {
        yield return KeptSlots.Of(plan, current);
        if (input.Cluster.UnequalRanks is not { IsEmpty: false })
            yield return PlanNames.Toward(plan, current, apart: !conditions.RunsCoherent);
    }

    /// <summary>The slots beyond one for each expert that all layers have.</summary>
    private int RedundantSlots()
    {
        var slots = Enumerable.Range(0, current.Layers).Select(layer => current.SlotCount(new LayerId(layer))).ToArray();
        if (slots.Any(count => count != slots[0]))
            throw new InputException("placement in force", "slots", $"{slots.Min()} to {slots.Max()} in a layer", "as many in every layer");
        return slots[0] - current.Experts;
    }

    private long Rounds(int redundant) => Math.Max(
        1, input.Policy.SearchIterations * SwapsOfIteration / ((long)SwapsOfRound * current.Layers * (current.Experts + redundant)));
}
