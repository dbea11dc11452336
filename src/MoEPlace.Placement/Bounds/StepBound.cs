using MoEPlace.Evaluation;

namespace MoEPlace.Placement.Bounds;

/// <summary>
/// Seconds below which no step gets: the step model on aggregates that no placement beats. It waits for the busiest rank or port, which
/// is no less busy than the mean; and it rises with everything that it is given.
/// </summary>
internal static class StepBound
{
    /// <summary>For the arithmetic of the model, which rounds.</summary>
    private const double Rounding = 1 - 1e-9;

    /// <summary>The least seconds of a step.</summary>
    /// <param name="problem">A problem with tokens whose model has dimensions.</param>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="copies">[layers] the fewest copies to ranks, dispatch and combine together.</param>
    public static double Seconds(PlacementProblem problem, CopyTokens tokens, ReadOnlySpan<long> copies)
    {
        var (model, cluster, conditions) = (problem.Model, Fastest(problem), problem.Conditions);
        var (step, ranks) = (new StepModel(model, cluster, conditions), cluster.Ranks);
        var aggregates = new StepAggregates(model.Layers, ranks) { Tokens = tokens.Home.Length };
        // Where there are nodes a copy may go through either port; both are done soonest when each has its share by bandwidth.
        var (near, far) = (cluster.IntraNode.BandwidthBytesPerSecond, cluster.InterNode.BandwidthBytesPerSecond);
        var share = cluster.Nodes == 1 ? 1 : cluster.RanksPerNode == 1 ? 0 : near / (near + far);
        for (var l = 0; l < model.Layers; l++)
        {
            var (pairs, activated) = (0.0, 0.0);
            foreach (var load in problem.Counts.Load(l))
            {
                pairs += load;
                activated += step.ActivatedShare(load, tokens.Home.Length);
            }
            for (var cell = l * ranks; cell < (l + 1) * ranks; cell++)
            {
                aggregates.ExpertPairs[cell] = pairs / ranks;
                aggregates.ActivatedExperts[cell] = activated / ranks;
                foreach (var exchange in (ReadOnlySpan<ExchangeCopies>)[aggregates.Dispatch, aggregates.Combine])
                {
                    exchange.TokenSideIntraNode[cell] = share * copies[l] / 2.0 / ranks;
                    exchange.TokenSideInterNode[cell] = (1 - share) * copies[l] / 2.0 / ranks;
                }
            }
        }
        foreach (var home in tokens.Home)
            for (var position = 0; position <= model.Layers; position++)
                aggregates.ResidentTokens[position * ranks + home]++;
        if (conditions.RunsCoherent)
            aggregates.ResidentTokens.AsSpan().Fill((double)tokens.Home.Length / ranks);
        return step.Step(aggregates).TotalSeconds * Rounding;
    }

    /// <summary>
    /// A cluster on which nothing takes longer: all ranks as fast as the fastest; and no latency where a port may stay idle, on several nodes
    /// one of the two, and coherent the combine of tokens all of whose experts are together.
    /// </summary>
    private static Cluster Fastest(PlacementProblem problem)
    {
        var (cluster, fastest) = (problem.Cluster, problem.SpeedOf.Max());
        if (problem.SpeedOf.Any(speed => speed != 1))
            cluster = cluster with { UnequalRanks = [.. Enumerable.Range(0, cluster.Ranks).Select(rank => new UnequalRank(rank, fastest))] };
        return cluster.Nodes == 1 && !problem.Conditions.RunsCoherent
            ? cluster
            : cluster with
            {
                IntraNode = cluster.IntraNode with { LatencyNanoseconds = 0 },
                InterNode = cluster.InterNode with { LatencyNanoseconds = 0 },
            };
    }
}
