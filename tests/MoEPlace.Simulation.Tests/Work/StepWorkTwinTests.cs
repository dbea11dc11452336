using MoEPlace.Simulation.Network;
using MoEPlace.Simulation.Work;
using Xunit;

namespace MoEPlace.Simulation.Tests.Work;

public sealed class StepWorkTwinTests
{
    private const int Cases = 400;

    [Fact]
    public void Equals_a_slow_count_token_by_token()
    {
        for (long seed = 0; seed < Cases; seed++)
        {
            using var given = new WorkCase(seed);
            var (slow, pairs, ports) = (new SlowWork(given), given.Count(), given.Count(pairs: false));
            foreach (var work in (StepWork[])[pairs, ports])
            {
                Assert.True(slow.Tokens == work.Tokens, $"seed {seed}: {slow.Tokens} tokens, {work.Tokens}");
                Assert.True(slow.Pairs == work.Pairs, $"seed {seed}: {slow.Pairs} pairs, {work.Pairs}");
                CompareComputed(seed, given, slow, work);
                CompareResident(seed, slow, work);
                foreach (var layer in WorkCase.LayersOf(work))
                {
                    Compare(seed, given.Cluster, slow, "dispatch", layer.Value, [.. work.Dispatch(layer)]);
                    Compare(seed, given.Cluster, slow, "combine", layer.Value, [.. work.Combine(layer)]);
                }
                Compare(seed, given.Cluster, slow, "context", 0, work.Context is null ? [] : [work.Context]);
            }
        }
    }

    private static void CompareComputed(long seed, WorkCase given, SlowWork slow, StepWork work)
    {
        foreach (var layer in WorkCase.LayersOf(work))
        {
            for (var rank = 0; rank < work.Ranks; rank++)
            {
                var experts = given.Placement.ExpertsOn(layer, new RankId(rank));
                var tokens = work.ExpertTokens(layer, new RankId(rank));
                Assert.Equal(experts.Length, tokens.Length);
                for (var slot = 0; slot < tokens.Length; slot++)
                {
                    var expected = slow.Computed.GetValueOrDefault((layer.Value, rank, experts[slot]));
                    Assert.True(
                        expected == tokens[slot], $"seed {seed}: layer {layer} rank {rank} slot {slot}: {expected} tokens, {tokens[slot]}");
                }
            }
        }
    }

    private static void CompareResident(long seed, SlowWork slow, StepWork work)
    {
        for (var position = 0; position <= work.Layers; position++)
        {
            for (var rank = 0; rank < work.Ranks; rank++)
            {
                var (expected, actual) = (slow.Resident.GetValueOrDefault((position, rank)), work.ResidentTokens(position)[rank]);
                Assert.True(expected == actual, $"seed {seed}: position {position} rank {rank}: {expected} tokens, {actual}");
            }
        }
    }

    private static void Compare(long seed, Cluster cluster, SlowWork slow, string which, int layer, ExchangeTraffic[] phases)
    {
        var expected = slow.Bytes.Where(b => b.Key.Which == which && b.Key.Layer == layer && b.Value > 0).ToList();
        Assert.All(expected, b => Assert.True(b.Key.Phase < phases.Length, $"seed {seed}: {which} of layer {layer} lacks a phase"));
        for (var phase = 0; phase < phases.Length; phase++)
        {
            var (traffic, perNode) = (phases[phase], phases[phase].RanksPerNode);
            var ofPhase = expected.Where(b => b.Key.Phase == phase).ToDictionary(b => (b.Key.From, b.Key.To), b => b.Value);
            for (var rank = 0; rank < traffic.Ranks; rank++)
            {
                Same(traffic.Local[rank], Sum((from, to) => from == rank && to == rank), "local");
                Same(traffic.IntraNodeOut[rank], Sum((from, to) => from == rank && to != rank && Near(from, to)), "intra-node out");
                Same(traffic.IntraNodeIn[rank], Sum((from, to) => to == rank && from != rank && Near(from, to)), "intra-node in");
                Same(traffic.InterNodeOut[rank], Sum((from, to) => from == rank && !Near(from, to)), "inter-node out");
                Same(traffic.InterNodeIn[rank], Sum((from, to) => to == rank && !Near(from, to)), "inter-node in");
                Same(traffic.SpineOut[rank], Sum((from, to) => from == rank && !traffic.HasPairs && Far(from, to)), "spine, out");
                Same(traffic.SpineIn[rank], Sum((from, to) => to == rank && !traffic.HasPairs && Far(from, to)), "spine, in");
                var peers = ofPhase.Keys.Where(b => !Near(b.From, b.To)).Count(b => b.From == rank);
                Assert.True(peers <= traffic.MostPeers, $"seed {seed}: {which} {layer}, rank {rank}: {peers} peers, {traffic.MostPeers}");
                for (var to = 0; traffic.HasPairs && to < traffic.Ranks; to++)
                    Same(traffic.Pairs[rank * traffic.Ranks + to], ofPhase.GetValueOrDefault((rank, to)), $"to {to}");

                void Same(long actual, long bytes, string where) => Assert.True(
                    bytes == actual, $"seed {seed}: {which} of layer {layer}, phase {phase}, rank {rank}, {where}: {bytes} bytes, {actual}");
            }

            bool Near(int a, int b) => a / perNode == b / perNode;

            bool Far(int a, int b) => !Near(a, b) && Leaf(a) != Leaf(b);

            (int Group, int Rail) Leaf(int rank) => (
                rank / perNode / cluster.Fabric!.NodesPerLeaf!.Value,
                cluster.Fabric.RailOptimised ? rank % perNode * cluster.Fabric.NicsPerNode!.Value / perNode : 0);

            long Sum(Func<int, int, bool> where) => ofPhase.Where(b => where(b.Key.From, b.Key.To)).Sum(b => b.Value);
        }
    }
}
