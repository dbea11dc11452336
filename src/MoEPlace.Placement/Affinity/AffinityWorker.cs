using System.Diagnostics;

namespace MoEPlace.Placement.Affinity;

/// <summary>
/// One of the workers of <see cref="AffinitySearch"/>: rounds from its own random stream, so that what it finds after a number of rounds
/// does not depend on the others or on the clock. Every third round starts afresh (nodes first, then the ranks of each node, then
/// both together), the others from its best.
/// </summary>
internal sealed class AffinityWorker
{
    private const int ProposalsPerExpert = 25_000;
    private const long FewestProposals = 200_000;
    private const double ShareOfTimeLeft = 0.7;
    private readonly ChainProblem problem;
    private readonly ChainProblem? nodes;
    private readonly int[] balanced;
    private readonly SeedStream random;
    private readonly ChainSearch search;
    private double proposalsPerSecond = 2_000_000;

    public AffinityWorker(ChainProblem problem, int[] balanced, SeedStream random)
    {
        this.problem = problem;
        this.balanced = balanced;
        this.random = random;
        nodes = problem.NodeOf[^1] > 0 && problem.Parts > problem.NodeOf[^1] + 1 ? problem.OfNodes() : null;
        search = new ChainSearch(problem, balanced, random);
        search.Polish(balanced, () => true);
        (Best, Kept) = (search.State.PartOf.ToArray(), search.State.Kept);
    }

    /// <summary>[layers, experts] the best division so far; holds the limits.</summary>
    public int[] Best { get; private set; }

    /// <summary>Its kept weight.</summary>
    public long Kept { get; private set; }

    /// <summary>Rounds done.</summary>
    public long Rounds { get; private set; }

    /// <summary>Does one round.</summary>
    /// <param name="secondsLeft">Until the time limit; infinite without one.</param>
    /// <param name="stop">True ends the round early; its result counts all the same.</param>
    public void Round(double secondsLeft, Func<bool> stop)
    {
        var wanted = (long)ProposalsPerExpert * problem.Layers * problem.Experts;
        var affordable = secondsLeft * ShareOfTimeLeft * proposalsPerSecond;
        var proposals = Math.Max(FewestProposals, affordable < wanted ? (long)affordable : wanted);
        var watch = Stopwatch.StartNew();
        if (Rounds % 3 != 0)
            search.Reheat(Best, proposals, stop);
        else if (nodes is null)
            search.Fresh(proposals, stop);
        else
            search.Reheat(Hierarchical(proposals / 2, stop), proposals / 2, stop);
        proposalsPerSecond = proposals / Math.Max(1e-3, watch.Elapsed.TotalSeconds);
        Rounds++;
        if (search.State.Kept > Kept)
            (Best, Kept) = (search.State.PartOf.ToArray(), search.State.Kept);
    }

    private int[] Hierarchical(long proposals, Func<bool> stop)
    {
        if (stop())
            return Best;
        var (n, perNode) = (problem.Experts, problem.Parts / nodes!.Parts);
        var byNode = new ChainSearch(nodes, [.. balanced.Select(rank => rank / perNode)], random);
        byNode.Fresh(proposals / 2, stop);
        var nodeOf = byNode.State.PartOf;
        var rankOf = new int[nodeOf.Length];
        for (var node = 0; node < nodes.Parts; node++)
        {
            var experts = new int[problem.Layers][];
            for (var layer = 0; layer < experts.Length; layer++)
                experts[layer] = [.. Enumerable.Range(0, n).Where(e => nodeOf[layer * n + e] == node)];
            var inside = problem.Inside(experts, perNode);
            var byRank = new ChainSearch(inside, DivideByLoad(inside), random);
            byRank.Fresh(proposals / 2 / nodes.Parts, stop);
            for (var layer = 0; layer < experts.Length; layer++)
                for (var i = 0; i < experts[layer].Length; i++)
                    rankOf[layer * n + experts[layer][i]] = node * perNode + byRank.State.PartOf[layer * inside.Experts + i];
        }
        return rankOf;
    }

    /// <summary>What a node was given may not divide under the limit; the joint round that follows mends that across nodes.</summary>
    private int[] DivideByLoad(ChainProblem inside)
    {
        var part = BalancedDivision.InOrder(inside.Layers, inside.Experts, inside.Parts);
        for (var layer = 0; inside.HasLoadLimit && layer < inside.Layers; layer++)
        {
            var row = part.AsSpan(layer * inside.Experts, inside.Experts);
            BalancedDivision.Divide(inside.Load[layer], inside.Parts, inside.LoadLimit[layer], random, row);
        }
        return part;
    }
}
