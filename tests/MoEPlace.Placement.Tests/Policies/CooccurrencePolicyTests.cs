using MoEPlace.Placement.Policies;
using Xunit;

namespace MoEPlace.Placement.Tests.Policies;

public sealed class CooccurrencePolicyTests
{
    [Fact]
    public void Replicas_go_to_the_most_load_per_replica_and_of_equals_to_the_higher_number()
    {
        // 10, 10: expert 2; then expert 0; then 5, 5: expert 2.
        Assert.Equal([2, 1, 3, 1], CooccurrenceFilling.Replicate([10, 4, 10, 0], 7));
        Assert.Equal([2, 2, 1, 1], CooccurrenceFilling.Replicate([0, 0, 0, 0], 6));
    }

    [Fact]
    public void Fills_two_of_three_slots_by_cooccurrence_and_the_rest_by_load()
    {
        var together = Symmetric(6, (0, 3, 9), (0, 1, 1), (1, 2, 2), (1, 4, 5));
        // Mean load 12, so up to 9.6 and 2.4 slots. Rank 0: expert 0 (load 6), with it 3 (load 3). Rank 1: expert 1 (5), with it 4 (2).
        // Then 2 (4) to rank 1, which has 7 of rank 0's 9, and 5 where there is room.
        Assert.Equal([0, 3, 5, 1, 4, 2], CooccurrenceFilling.Fill([6, 5, 4, 3, 2, 4], [1, 1, 1, 1, 1, 1], together, ranks: 2, alpha: 0.8));
    }

    [Fact]
    public void A_rank_is_done_when_the_next_expert_would_take_it_beyond_its_share_of_load()
    {
        // Mean load 7. Rank 0: expert 0 (5), then 1 (4) is too much although 3 (2) would fit. Rank 1: expert 1 (4), then 2 (3).
        var together = Symmetric(4, (0, 1, 9), (1, 2, 3));
        Assert.Equal([0, 3, 1, 2], CooccurrenceFilling.Fill([5, 4, 3, 2], [1, 1, 1, 1], together, ranks: 2, alpha: 1));
        // The heaviest expert alone is beyond 0.8 of the mean of 12: nothing is filled by co-occurrence.
        Assert.Equal([0, 2, 3, 1], CooccurrenceFilling.Fill([20, 1, 1, 2], [1, 1, 1, 1], together, ranks: 2, alpha: 0.8));
    }

    [Fact]
    public void Filling_equals_a_slow_one_written_from_the_description()
    {
        var random = new SeedStream(1, "cooccurrence filling");
        for (var run = 0; run < 300; run++)
        {
            var (ranks, experts) = (1 + random.Next(5), 1 + random.Next(14));
            var slots = (experts + ranks - 1) / ranks * ranks + ranks * random.Next(3);
            var load = PlacementSamples.RandomLoad(random, 1, experts, run % 3 == 0 ? 2 : 50);
            var pairs = new (int, int, long)[experts];
            for (var i = 0; i < pairs.Length; i++)
                pairs[i] = (i, random.Next(experts), random.Next(9));
            var together = Symmetric(experts, [.. pairs.Where(p => p.Item1 != p.Item2)]);
            var alpha = random.Next(11) / 10.0;
            var copies = CooccurrenceFilling.Replicate(load, slots);
            Assert.Equal(slots, copies.Sum());
            Assert.True(
                Slow(load, copies, together, ranks, alpha).SequenceEqual(CooccurrenceFilling.Fill(load, copies, together, ranks, alpha)),
                $"run {run}: {experts} experts, {slots} slots, {ranks} ranks, alpha {alpha}");
        }
    }

    [Fact]
    public void Random_shapes_give_valid_placements_with_every_redundant_slot_used()
    {
        var random = new SeedStream(2, "cooccurrence policy");
        for (var run = 0; run < 60; run++)
        {
            var (nodes, ranksPerNode) = (1 + random.Next(3), 1 + random.Next(4));
            var ranks = nodes * ranksPerNode;
            var experts = 4 + random.Next(12);
            var redundant = (ranks - experts % ranks) % ranks + ranks * random.Next(3);
            if (redundant > experts * (ranks - 1))
                continue;
            var choices = PairTrace.Choices(random, experts, 2, 2, 60, 2, 40);
            var problem = PairTrace.Problem(experts, choices, PlacementSamples.Cluster(nodes, ranksPerNode), redundant);
            var solution = CooccurrencePolicy.Place(problem);
            Assert.All(solution.Placement.ToSlots(), layer => Assert.All(layer, rank => Assert.Equal(problem.SlotsPerRank, rank.Length)));
            Assert.Equal(DirectPolicyTests.Imbalance(problem, solution.Placement), solution.Summary.Objective, 1e-9);
            Assert.Equal(solution.Placement, CooccurrencePolicy.Place(problem).Placement);
        }
    }

    [Fact]
    public void Refuses_what_has_no_pairs_and_a_share_that_is_none()
    {
        var single = PlacementSamples.Problem(PlacementSamples.Model(1, 8), PlacementSamples.Cluster(1, 4), new long[8]);
        Assert.Equal("trace top_k", Assert.Single(Assert.Throws<InputException>(() => CooccurrencePolicy.Place(single)).Faults).Field);
        var pairs = PairTrace.Problem(4, [[[0, 1]]], PlacementSamples.Cluster(1, 2));
        Assert.Throws<InputException>(() => CooccurrencePolicy.Place(pairs, 1.5));
        Assert.Throws<InputException>(() => CooccurrencePolicy.Place(pairs, double.NaN));
    }

    private static long[] Symmetric(int experts, params (int A, int B, long Tokens)[] pairs)
    {
        var together = new long[experts * experts];
        foreach (var (a, b, tokens) in pairs)
        {
            together[a * experts + b] += tokens;
            together[b * experts + a] += tokens;
        }
        return together;
    }

    private static int[] Slow(long[] load, int[] copies, long[] together, int ranks, double alpha)
    {
        var experts = load.Length;
        var size = copies.Sum() / ranks;
        var left = copies.ToList();
        var content = Enumerable.Range(0, ranks).Select(_ => new List<int>()).ToList();
        double Share(int e) => (double)load[e] / copies[e];
        double Load(int r) => content[r].Sum(Share);
        foreach (var rank in content)
        {
            while (rank.Count + 1 <= alpha * size)
            {
                var candidates = Enumerable.Range(0, experts).Where(e => left[e] > 0 && !rank.Contains(e)).ToList();
                candidates = rank.Count == 0
                    ? [.. candidates.OrderByDescending(Share)]
                    : [.. candidates.OrderByDescending(e => rank.Sum(other => together[other * experts + e]))];
                if (candidates.Count == 0 || rank.Sum(Share) + Share(candidates[0]) > alpha * ((double)load.Sum() / ranks))
                    break;
                rank.Add(candidates[0]);
                left[candidates[0]]--;
            }
        }
        var rest = Enumerable.Range(0, experts).OrderByDescending(Share).SelectMany(e => Enumerable.Repeat(e, left[e])).ToList();
        foreach (var expert in rest)
            content[Enumerable.Range(0, ranks).Where(r => content[r].Count < size).MinBy(Load)].Add(expert);
        return [.. content.SelectMany(rank => rank)];
    }
}
