using MoEPlace.Evaluation;
using MoEPlace.Simulation.Network;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Simulation.Work;
using Xunit;

namespace MoEPlace.Simulation.Tests.Work;

public sealed class StepWorkLawTests
{
    private const int Cases = 200;

    [Fact]
    public void What_is_sent_is_received_and_every_pair_is_computed_once()
    {
        for (long seed = 0; seed < Cases; seed++)
        {
            using var given = new WorkCase(seed);
            var work = given.Count(pairs: seed % 2 == 0);
            foreach (var layer in WorkCase.LayersOf(work))
            {
                foreach (var traffic in work.Dispatch(layer).AddRange(work.Combine(layer)))
                {
                    Assert.True(Sum(traffic.IntraNodeOut) == Sum(traffic.IntraNodeIn), $"seed {seed}: inside nodes");
                    Assert.True(Sum(traffic.InterNodeOut) == Sum(traffic.InterNodeIn), $"seed {seed}: between nodes");
                }
                if (work.Dispatch(layer) is [var first, var second])
                    for (var rank = 0; rank < work.Ranks; rank++)
                        Assert.True(Arrives(first, rank) == Leaves(second, rank), $"seed {seed}: rank {rank} hands on what it was given");
                if (given.Options.Copies == CopyUnit.Expert && given.Options.AllToAll != AllToAllAlgorithm.NodeDeduplicated)
                    for (var rank = 0; rank < work.Ranks; rank++)
                        Assert.True(
                            Arrives(work.Dispatch(layer)[^1], rank) == Computed(work, layer, rank) * given.Options.DispatchBytesPerToken,
                            $"seed {seed}: rank {rank} computes what arrives");
            }
            var computed = WorkCase.LayersOf(work).Sum(layer => Enumerable.Range(0, work.Ranks).Sum(rank => Computed(work, layer, rank)));
            Assert.True(work.Pairs == computed, $"seed {seed}: {work.Pairs} pairs, {computed} computed");
            for (var position = 0; position <= work.Layers; position++)
                Assert.True(work.Tokens == Sum(work.ResidentTokens(position)), $"seed {seed}: tokens at position {position}");
        }
    }

    [Fact]
    public void At_home_every_copy_comes_back_the_way_it_went()
    {
        for (long seed = 0; seed < Cases; seed++)
        {
            using var drawn = new WorkCase(seed);
            var options = drawn.Options with { Residency = Residency.Home, DispatchBytesPerToken = 3, CombineBytesPerToken = 7 };
            var work = StepWork.Count(drawn.Slice, drawn.Placement, drawn.Cluster, options, drawn.Step, drawn.Part, drawn.Parts);
            foreach (var layer in WorkCase.LayersOf(work))
            {
                var (dispatch, combine) = (work.Dispatch(layer), work.Combine(layer));
                foreach (var (phase, sent) in dispatch.Index())
                {
                    var back = combine[dispatch.Length - 1 - phase];
                    for (var from = 0; from < work.Ranks; from++)
                        for (var to = 0; to < work.Ranks; to++)
                            Assert.True(
                                sent.Pairs[from * work.Ranks + to] * 7 == back.Pairs[to * work.Ranks + from] * 3,
                                $"seed {seed}: layer {layer}, {from} to {to}");
                }
            }
        }
    }

    [Fact]
    public void Bytes_loads_and_node_copies_are_those_of_the_judge_on_the_same_tokens()
    {
        for (long seed = 0; seed < Cases; seed++)
        {
            using var given = new WorkCase(seed, plain: true);
            var dimensions = given.Model.Dimensions!;
            var judged = PlacementCost.Evaluate(
                given.Slice, given.Placement, given.Cluster,
                new EvaluationOptions { Residency = given.Options.Residency, Phase = given.Options.Phase });
            var options = given.Options with
            {
                AllToAll = AllToAllAlgorithm.Flat,
                Copies = CopyUnit.Rank,
                DispatchBytesPerToken = dimensions.HiddenStateBytes,
                CombineBytesPerToken = dimensions.HiddenStateBytes,
                ContextBytesPerTokenLayer = dimensions.KeyValueBytesPerTokenLayer,
                TokensPerStep = given.Rows.Count,
            };
            var flat = Count(options);
            var layers = WorkCase.LayersOf(flat).ToList();
            Assert.True(judged.Measures.DispatchBytes == layers.Sum(layer => flat.Dispatch(layer)[0].TotalBytes), $"seed {seed}: dispatch");
            Assert.True(judged.Measures.CombineBytes == layers.Sum(layer => flat.Combine(layer)[0].TotalBytes), $"seed {seed}: combine");
            Assert.True(judged.Measures.ContextBytes == (flat.Context?.TotalBytes ?? 0), $"seed {seed}: context");
            foreach (var layer in layers)
                for (var rank = 0; rank < flat.Ranks; rank++)
                    Assert.True(
                        judged.Detail.LoadByLayerAndRank[layer.Value][rank] == Computed(flat, layer, rank), $"seed {seed}: load of rank {rank}");
            var deduplicated = Count(options with { AllToAll = AllToAllAlgorithm.NodeDeduplicated });
            var nodeBytes = layers.Sum(
                layer => Sum(deduplicated.Dispatch(layer)[0].InterNodeOut) + Sum(deduplicated.Combine(layer)[0].InterNodeOut));
            var nodeCopies = judged.Measures.NodeCopiesPerTokenLayer!.Value * given.Rows.Count * layers.Count;
            Assert.True(
                Math.Round(nodeCopies) * dimensions.HiddenStateBytes == nodeBytes, $"seed {seed}: {nodeCopies} node copies, {nodeBytes} bytes");

            StepWork Count(WorkOptions options) => StepWork.Count(given.Slice, given.Placement, given.Cluster, options, 0, 0, 1);
        }
    }

    [Fact]
    public void Parts_of_a_step_add_up_to_the_step()
    {
        for (long seed = 0; seed < Cases; seed++)
        {
            using var given = new WorkCase(seed);
            var whole = Part(0, 1);
            StepWork[] parts = [.. Enumerable.Range(0, given.Parts).Select(part => Part(part, given.Parts))];
            Assert.True(whole.Tokens == parts.Sum(part => part.Tokens), $"seed {seed}: tokens");
            for (var rank = 0; rank < whole.Ranks; rank++)
            {
                var own = parts.Select(part => part.ResidentTokens(0)[rank]).ToList();
                Assert.True(own.Max() - own.Min() <= 1, $"seed {seed}: the cut of rank {rank}");
                Assert.True(whole.ResidentTokens(0)[rank] == own.Sum(), $"seed {seed}: tokens of rank {rank}");
                foreach (var layer in WorkCase.LayersOf(whole))
                    for (var slot = 0; slot < whole.ExpertTokens(layer, new RankId(rank)).Length; slot++)
                        Assert.True(
                            whole.ExpertTokens(layer, new RankId(rank))[slot]
                                == parts.Sum(part => part.ExpertTokens(layer, new RankId(rank))[slot]),
                            $"seed {seed}: layer {layer} rank {rank} slot {slot}");
            }
            foreach (var layer in WorkCase.LayersOf(whole))
            {
                for (var phase = 0; phase < whole.Dispatch(layer).Length; phase++)
                {
                    AddUp(whole.Dispatch(layer)[phase], parts.Select(part => part.Dispatch(layer)[phase]), $"seed {seed}: dispatch {layer}");
                    AddUp(whole.Combine(layer)[phase], parts.Select(part => part.Combine(layer)[phase]), $"seed {seed}: combine {layer}");
                }
            }

            StepWork Part(int part, int parts) =>
                StepWork.Count(given.Slice, given.Placement, given.Cluster, given.Options, given.Step, part, parts);
        }
    }

    private static void AddUp(ExchangeTraffic whole, IEnumerable<ExchangeTraffic> parts, string message)
    {
        var sum = new long[whole.Pairs.Length];
        foreach (var part in parts)
            for (var i = 0; i < sum.Length; i++)
                sum[i] += part.Pairs[i];
        Assert.True(whole.Pairs.SequenceEqual(sum), message);
    }

    private static long Computed(StepWork work, LayerId layer, int rank) => Sum(work.ExpertTokens(layer, new RankId(rank)));

    private static long Arrives(ExchangeTraffic traffic, int rank) =>
        traffic.Local[rank] + traffic.IntraNodeIn[rank] + traffic.InterNodeIn[rank];

    private static long Leaves(ExchangeTraffic traffic, int rank) =>
        traffic.Local[rank] + traffic.IntraNodeOut[rank] + traffic.InterNodeOut[rank];

    private static long Sum(ReadOnlySpan<long> values)
    {
        long sum = 0;
        foreach (var value in values)
            sum += value;
        return sum;
    }

    private static long Sum(ReadOnlySpan<int> values)
    {
        long sum = 0;
        foreach (var value in values)
            sum += value;
        return sum;
    }
}
