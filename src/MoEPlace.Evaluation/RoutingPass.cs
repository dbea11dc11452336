using MoEPlace.Traces;

namespace MoEPlace.Evaluation;

/// <summary>One pass over the tokens of a slice: hands them to tallies on several threads, closes the windows of the imbalance.</summary>
internal sealed class RoutingPass
{
    private const int LeastTokensPerThread = 256;
    private readonly TraceSlice slice;
    private readonly Cluster cluster;
    private readonly DispatchRule rule;
    private readonly RoutingTally[] tallies;
    private readonly long[] windowRankLoads;

    private RoutingPass(TraceSlice slice, ExpertPlacement placement, Cluster cluster, EvaluationOptions options, int threads)
    {
        (this.slice, this.cluster) = (slice, cluster);
        rule = options.Dispatch == ReplicaChoice.Balanced
            ? DispatchRule.Balanced(placement, slice, cluster)
            : new DispatchRule(placement);
        // Shares are dealt in turn, which depends on the tokens before: on one thread.
        tallies = new RoutingTally[options.Dispatch == ReplicaChoice.Nearest ? threads : 1];
        for (var i = 0; i < tallies.Length; i++)
            tallies[i] = new RoutingTally(slice.Trace.Model, slice.Trace.HasTopOne, rule, cluster, options);
        ReplicaLoads = new long[rule.Replicas];
        RankLoads = new long[slice.Trace.Layers * cluster.Ranks];
        windowRankLoads = new long[RankLoads.Length];
    }

    /// <summary>Everything but loads.</summary>
    internal RoutingTally Tally => tallies[0];

    /// <summary>[replicas] tokens that each replica served, numbered by layer, expert, rank.</summary>
    internal long[] ReplicaLoads { get; }

    /// <summary>[layers, ranks] (token, expert) pairs.</summary>
    internal long[] RankLoads { get; }

    /// <summary>The imbalance of every layer in every window that counts.</summary>
    internal List<double> Ratios { get; } = [];

    /// <summary>Runs every token of the slice. The result is the same at any number of threads.</summary>
    /// <exception cref="InputException">A recorded home is not a rank of the cluster.</exception>
    internal static RoutingPass Run(TraceSlice slice, ExpertPlacement placement, Cluster cluster, EvaluationOptions options, int threads)
    {
        var pass = new RoutingPass(slice, placement, cluster, options, threads);
        var window = options.WindowTokens ?? long.MaxValue;
        long inWindow = 0;
        var homes = Array.Empty<int>();
        foreach (var block in slice.Blocks())
        {
            if (homes.Length < block.Count)
                homes = new int[block.Home.Length];
            pass.FindHomes(block, homes);
            for (var from = 0; from < block.Count;)
            {
                var to = from + (int)Math.Min(block.Count - from, window - inWindow);
                pass.Count(block, homes, from, to);
                inWindow += to - from;
                from = to;
                if (inWindow < window)
                    continue;
                pass.CloseWindow(counts: true);
                inWindow = 0;
            }
        }
        if (inWindow > 0)
            pass.CloseWindow(counts: inWindow == slice.Tokens);
        foreach (var other in pass.tallies.AsSpan(1))
            pass.Tally.Add(other);
        return pass;
    }

    private void FindHomes(TokenBlock block, int[] homes)
    {
        var ranks = cluster.Ranks;
        for (var i = 0; i < block.Count; i++)
        {
            var home = block.Home[i];
            if (home >= ranks)
            {
                throw new InputException(
                    slice.Trace.Path, $"home[{block.Row[i]}]", home,
                    $"0 to {ranks - 1}, the ranks of the cluster; try the cluster that the trace was recorded on");
            }
            homes[i] = home >= 0 ? home : block.SequenceOrdinal[i] % ranks;
        }
    }

    private void Count(TokenBlock block, int[] homes, int from, int to)
    {
        var parts = Math.Min(tallies.Length, (to - from) / LeastTokensPerThread);
        if (parts <= 1)
            tallies[0].Add(block, homes, from, to);
        else
            Parallel.For(0, parts, part => tallies[part].Add(block, homes, Bound(part), Bound(part + 1)));

        int Bound(int part) => from + (int)((long)(to - from) * part / parts);
    }

    private void CloseWindow(bool counts)
    {
        var ranks = cluster.Ranks;
        var start = rule.Start;
        var experts = slice.Trace.Experts;
        for (var layer = 0; layer < slice.Trace.Layers; layer++)
        {
            var loads = windowRankLoads.AsSpan(layer * ranks, ranks);
            loads.Clear();
            foreach (var tally in tallies)
                for (var replica = start[layer * experts]; replica < start[(layer + 1) * experts]; replica++)
                    loads[rule.Ranks[replica]] += tally.ReplicaLoad[replica];
            if (counts)
                NoteRatio(loads);
        }
        ExchangeTally.AddTo(RankLoads, windowRankLoads);
        foreach (var tally in tallies)
        {
            ExchangeTally.AddTo(ReplicaLoads, tally.ReplicaLoad);
            tally.ReplicaLoad.AsSpan().Clear();
        }
    }

    private void NoteRatio(ReadOnlySpan<long> loads)
    {
        long most = 0, sum = 0;
        foreach (var load in loads)
        {
            most = Math.Max(most, load);
            sum += load;
        }
        if (sum > 0)
            Ratios.Add((double)most * loads.Length / sum);
    }
}
