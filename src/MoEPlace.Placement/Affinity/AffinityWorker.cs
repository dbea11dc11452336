namespace MoEPlace.Placement.Affinity;

/// <summary>
/// One of the workers of <see cref="AffinitySearch"/>: rounds from its own random stream, so that what it finds after a number of rounds
/// does not depend on the others or on the clock. Every fifth round starts afresh (nodes first, then the ranks of each node, then
/// both together), the others from its best; after each, the layers of all that it has found are recombined.
/// </summary>
internal sealed class AffinityWorker
{
    private const int ProposalsPerExpert = 25_000;
    private const int FreshEvery = 5;
    private const double Warm = 0.3;
    private const long FewestProposals = 200_000;
    private const double ShareOfTimeLeft = 0.7;
    private readonly ChainProblem problem;
    private readonly ChainProblem? nodes;
    private readonly int[] balanced;
    private readonly SeedStream random;
    private readonly ChainSearch search;
    private readonly Recombination found;

    public AffinityWorker(ChainProblem problem, int[] balanced, SeedStream random)
    {
        this.problem = problem;
        this.balanced = balanced;
        this.random = random;
        nodes = problem.Nodes > 1 && problem.Parts > problem.Nodes ? problem.OfNodes() : null;
        search = new ChainSearch(problem, balanced, random);
        found = new Recombination(problem);
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
        var fresh = Rounds % FreshEvery == 0;
        var proposals = (long)ProposalsPerExpert * problem.Layers * problem.Experts / (fresh ? 1 : FreshEvery);
        var effort = new Effort(Math.Max(FewestProposals, proposals), secondsLeft * ShareOfTimeLeft);
        if (!fresh)
            search.Reheat(Best, Warm, effort, stop);
        else if (nodes is null)
            search.Fresh(effort, stop);
        else
            search.Reheat(Hierarchical(effort.Share(0.5), stop), Warm, effort.Share(0.5), stop);
        Rounds++;
        Remember();
        if (stop())
            return;
        search.Polish(found.Best(), stop);
        Remember();
    }

    /// <summary>Takes over what another worker found and recombines it with its own.</summary>
    /// <param name="other">A worker on the same chain.</param>
    /// <param name="stop">True ends it.</param>
    public void Join(AffinityWorker other, Func<bool> stop)
    {
        if (!found.AddAll(other.found, stop))
            return;
        search.Polish(found.Best(), stop);
        Remember();
    }

    private void Remember()
    {
        found.Add(search.State.PartOf, search.State.Kept);
        if (search.State.Kept > Kept)
            (Best, Kept) = (search.State.PartOf.ToArray(), search.State.Kept);
    }

    private int[] Hierarchical(Effort effort, Func<bool> stop)
    {
        if (stop())
            return Best;
        var n = problem.Experts;
        var byNode = new ChainSearch(nodes!, [.. balanced.Select(rank => problem.NodeOf[rank])], random, withPairs: false);
        byNode.Fresh(effort.Share(0.5), stop);
        var nodeOf = byNode.State.PartOf;
        var rankOf = new int[nodeOf.Length];
        for (var node = 0; node < nodes!.Parts; node++)
        {
            if (nodes.CapacityOf[node] == 0)
                continue;
            var experts = new int[problem.Layers][];
            for (var layer = 0; layer < experts.Length; layer++)
                experts[layer] = [.. Enumerable.Range(0, n).Where(e => nodeOf[layer * n + e] == node)];
            var inside = problem.Inside(node, experts);
            var ranks = problem.RanksOf(node).ToArray();
            var byRank = new ChainSearch(inside, DivideByLoad(inside), random, withPairs: false);
            byRank.Fresh(effort.Share(0.5 / nodes.Parts), stop);
            for (var layer = 0; layer < experts.Length; layer++)
                for (var i = 0; i < experts[layer].Length; i++)
                    rankOf[layer * n + experts[layer][i]] = ranks[byRank.State.PartOf[layer * inside.Experts + i]];
        }
        return rankOf;
    }

    /// <summary>What a node was given may not divide under the limit; the joint round that follows mends that across nodes.</summary>
    private int[] DivideByLoad(ChainProblem inside)
    {
        var part = BalancedDivision.InOrder(inside.Layers, inside.CapacityOf);
        for (var layer = 0; inside.HasLoadLimit && layer < inside.Layers; layer++)
        {
            var row = part.AsSpan(layer * inside.Experts, inside.Experts);
            var speed = inside.LoadLimit[layer].Select(limit => Math.Max(1.0, limit)).ToArray();
            BalancedDivision.Divide(inside.Load[layer], inside.CapacityOf, speed, 1, random, row);
        }
        return part;
    }
}
