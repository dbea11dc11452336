using System.Diagnostics;
using MoEPlace.Placement.Affinity;

namespace MoEPlace.Placement.Bounds;

/// <summary>Proves how good a placement can be at the most. See ARCHITECTURE.md, "The certificate".</summary>
internal sealed class Certificate
{
    private readonly PlacementProblem problem;
    private readonly long[] limits;
    private readonly int rounds;
    private readonly Func<bool> quick;
    private readonly Func<bool> stop;
    private readonly Action<double>? found;
    private double best;

    private Certificate(PlacementProblem problem, long[] limits, int rounds, Func<bool> quick, Func<bool> stop, Action<double>? found) =>
        (this.problem, this.limits, this.rounds, this.quick, this.stop, this.found) = (problem, limits, rounds, quick, stop, found);

    private int Slots => problem.SlotsOf.Max();

    private Cluster Cluster => problem.Cluster;

    /// <summary>True when every rank holds equally many experts, each of which stands on one rank alone: what partners and columns take for granted.</summary>
    private bool IsDivision => problem.RedundantSlots == 0 && problem.SlotsOf.All(slots => slots == problem.SlotsOf[0]);

    /// <summary>A value below which the objective of no placement gets, on the tokens of the problem.</summary>
    /// <param name="problem">What is placed, and the objective.</param>
    /// <param name="loadLimits">[layers] the most load of a rank; long.MaxValue for none. Not used with redundant slots.</param>
    /// <param name="time">How long to look for better bounds; the first ones are always computed.</param>
    /// <param name="stop">Asked often; true ends it with the best bound so far.</param>
    /// <param name="found">Told of every better bound, never from two threads at once; null for nobody.</param>
    /// <param name="rounds">
    /// Limit in rounds of each search for prices: reached before <paramref name="time"/>, the bound depends on the clock no more, though its last digits may on the processor.
    /// </param>
    public static CertifiedBound Of(
        PlacementProblem problem, long[] loadLimits, TimeSpan time, Func<bool> stop, Action<double>? found, int rounds = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(stop);
        ArgumentOutOfRangeException.ThrowIfNotEqual(loadLimits.Length, problem.Model.Layers, nameof(loadLimits));
        var watch = Stopwatch.StartNew();
        Func<bool> until = () => stop() || watch.Elapsed >= time;
        var certificate = new Certificate(problem, loadLimits, rounds, time == TimeSpan.Zero ? stop : until, until, found);
        return problem.Objective switch
        {
            PlacementObjective.Crossing => certificate.Crossing(),
            PlacementObjective.Copies => certificate.Copies(),
            _ => certificate.Step(),
        };
    }

    /// <summary>Whether time can tighten the first bounds: where sets or teams of experts can be enumerated.</summary>
    public static bool CanTighten(PlacementProblem problem)
    {
        var (model, cluster, slots) = (problem.Model, problem.Cluster, problem.SlotsOf[0]);
        if (problem.RedundantSlots > 0 || problem.SlotsOf.Any(s => s != slots))
            return false;
        if (problem.Objective == PlacementObjective.Crossing)
            return TeamTier.CanBound(model.Experts, slots) || Enumerates(model.Layers, slots)
                || (cluster.NodeCrossingWeight > 0 && Enumerates(model.Layers, slots * cluster.RanksPerNode));
        var together = problem.Conditions.RunsCoherent ? model.Layers : 1;
        return (problem.Objective == PlacementObjective.Copies || !problem.Conditions.RunsCoherent) && Enumerates(together, slots);

        bool Enumerates(int layers, int capacity) => TierBound.CanEnumerate(layers, model.Experts, capacity);
    }

    private CertifiedBound Crossing()
    {
        if (!IsDivision)
            return Simple(CrossingsWithCopies, "pairs");
        var ranks = ChainOf.Crossing(problem, PerRank());
        var byRank = new TierBound(ranks, quick);
        var byNode = Cluster.NodeCrossingWeight > 0 ? new TierBound(ranks.OfNodes(), quick) : null;
        Tell();
        if (ExactPlacement.Crossing(problem, limits, stop) is { } exact)
            return new CertifiedBound(exact.Objective, "enumeration");
        Tighten(byRank.Tighten, byNode is null ? null : byNode.Tighten, Tell);
        return new CertifiedBound(best, byRank.Method != "partners" ? byRank.Method : byNode?.Method ?? "partners");

        void Tell() => Improve(byRank.Crossings, byNode?.Crossings ?? 0);
    }

    private CertifiedBound Copies()
    {
        var tokens = CopyTokens.Of(problem);
        if (!IsDivision)
            return Simple(Counted, "counting");
        var coherent = problem.Conditions.RunsCoherent;
        var ranks = ChainOf.Copies(problem, PerRank(), CopySavings.Of(problem));
        var byRank = new CopyBound(tokens, ranks, 1, coherent);
        var byNode = Cluster.NodeCrossingWeight > 0 ? new CopyBound(tokens, ranks.OfNodes(), Cluster.RanksPerNode, coherent) : null;
        Tell();
        if (ExactPlacement.Copies(problem, limits, stop) is { } exact)
            return new CertifiedBound(exact.Objective, "enumeration");
        Tighten(byRank.Tighten, byNode is null ? null : byNode.Tighten, Tell);
        return new CertifiedBound(best, byRank.ByColumns || byNode is { ByColumns: true } ? "columns" : "partners");

        void Tell() => Improve(byRank.Copies, byNode?.Copies ?? 0);

        double Counted(int parts, int capacity)
        {
            var fallback = new CopyFallback(tokens, parts, Cluster.Ranks / parts, capacity);
            return Enumerable.Range(0, problem.Model.Layers).Sum(fallback.Counted);
        }
    }

    /// <summary>From the fewest copies of each layer, which at home the columns tell.</summary>
    private CertifiedBound Step()
    {
        var tokens = CopyTokens.Of(problem);
        if (!IsDivision)
        {
            var fallback = new CopyFallback(tokens, Cluster.Ranks, 1, Slots);
            Tell([.. Enumerable.Range(0, problem.Model.Layers).Select(fallback.Counted)]);
            return new CertifiedBound(best, "counting");
        }
        var coherent = problem.Conditions.RunsCoherent;
        var copies = new CopyBound(tokens, ChainOf.Copies(problem, PerRank(), CopySavings.Of(problem)), 1, coherent);
        Tell(copies.PerLayer);
        if (!coherent)
            copies.Tighten(rounds, stop, problem.Seed, () => Tell(copies.PerLayer));
        return new CertifiedBound(best, copies.ByColumns ? "columns" : "partners");

        void Tell(ReadOnlySpan<long> perLayer) => Improve(StepBound.Seconds(problem, tokens, perLayer), 0);
    }

    private delegate void Tightening(int mostRounds, Func<bool> stop, long seed, Action found);

    /// <summary>Both tiers in turn, nodes first: their sets are either few or too many.</summary>
    private void Tighten(Tightening ranks, Tightening? nodes, Action tell)
    {
        if (nodes is null)
        {
            ranks(rounds, stop, problem.Seed, tell);
            return;
        }
        nodes(rounds, stop, problem.Seed, tell);
        ranks(rounds, stop, problem.Seed, tell);
    }

    private double CrossingsWithCopies(int parts, int capacity)
    {
        var crossings = 0.0;
        for (var l = 0; l + 1 < problem.Counts.Layers; l++)
        {
            var transitions = problem.Counts.Transitions(l);
            foreach (var count in transitions)
                crossings += count;
            crossings -= PartnerBound.KeptWithCopies(transitions, parts, capacity);
        }
        return Math.Max(0, crossings);
    }

    /// <summary>A bound for each tier, of its parts and the slots of each.</summary>
    private CertifiedBound Simple(Func<int, int, double> leastOf, string method)
    {
        var onNodes = Cluster.NodeCrossingWeight > 0 ? leastOf(Cluster.Nodes, Slots * Cluster.RanksPerNode) : 0;
        Improve(leastOf(Cluster.Ranks, Slots), onNodes);
        return new CertifiedBound(best, method);
    }

    private long[][] PerRank() => [.. limits.Select(limit => Enumerable.Repeat(limit, Cluster.Ranks).ToArray())];

    private void Improve(double onRanks, double onNodes)
    {
        var bound = onRanks + Cluster.NodeCrossingWeight * onNodes;
        if (bound <= best)
            return;
        best = bound;
        found?.Invoke(bound);
    }
}
