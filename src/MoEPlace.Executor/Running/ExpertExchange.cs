using System.Runtime.InteropServices;
using MoEPlace.Evaluation;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Running;

/// <summary>
/// Takes hidden states to the ranks of their experts. A rank that sends a token sends it once to each distinct rank, with all that was chosen
/// for it; who gets it asks the judge's own rule which of the experts are its to run.
/// </summary>
internal sealed class ExpertExchange
{
    private readonly IRankGroup group;
    private readonly TrafficCounters traffic;
    private readonly int[] seen;
    private DispatchRule rule;
    private int stamp;

    internal ExpertExchange(IRankGroup group, DispatchRule rule, TrafficCounters traffic)
    {
        (this.group, this.rule, this.traffic) = (group, rule, traffic);
        seen = new int[group.Size];
    }

    /// <summary>Another rule from now on; between steps, on all ranks.</summary>
    internal void Use(DispatchRule next) => rule = next;

    /// <summary>The rank that runs an expert of a token.</summary>
    internal int RankOf(LayerId layer, int expert, int source, long ordinal) =>
        rule.Choose(layer, new ExpertId(expert), new RankId(source), ordinal).Value;

    /// <summary>Sends tokens to the distinct ranks of their experts.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="step">All tokens of the step.</param>
    /// <param name="tokens">[n] where those of this rank stand in the step.</param>
    /// <param name="rows">[n, H] what is sent.</param>
    /// <param name="choices">What was chosen for them.</param>
    /// <param name="keepsExpertless">Whether a token without an expert comes to this rank itself, which else it does not.</param>
    internal Arrivals Send(LayerId layer, TokenBatch step, int[] tokens, Tensor rows, TokenChoices choices, bool keepsExpertless)
    {
        var leaving = new List<int>[group.Size];
        for (var rank = 0; rank < leaving.Length; rank++)
            leaving[rank] = [];
        for (var i = 0; i < tokens.Length; i++)
        {
            stamp++;
            var any = false;
            foreach (var expert in choices.Experts.AsSpan(i * choices.Choices, choices.Choices))
            {
                if (!choices.IsReal(expert))
                    continue;
                any = true;
                var rank = RankOf(layer, expert, group.Rank, step.Ordinals[tokens[i]]);
                if (seen[rank] == stamp)
                    continue;
                seen[rank] = stamp;
                leaving[rank].Add(i);
            }
            if (!any && keepsExpertless)
                leaving[group.Rank].Add(i);
        }
        int[] order = [.. leaving.SelectMany(list => list)];
        long[] sent = [.. leaving.Select(list => (long)list.Count)];
        if (group.Size == 1)
            return new Arrivals(sent, order, sent, new int[order.Length], [.. order.Select(i => tokens[i])], choices.Pick(order), Pick(rows, order));
        var received = group.AllToAll(sent, 1);
        traffic.Dispatched(sent);
        // Together, because starting an exchange takes longer than sending the rows of a step.
        var factBytes = sizeof(int) * FactsOf(choices);
        var facts = torch.tensor<byte>(MemoryMarshal.AsBytes<int>(Facts(tokens, choices, order)), [order.Length, factBytes], rows.device);
        var arrived = group.AllToAll(torch.cat([facts, Pick(rows, order).view(ScalarType.Byte)], 1), sent, received);
        var told = arrived.narrow(1, 0, factBytes).contiguous().ToArray<byte>();
        var hidden = arrived.narrow(1, factBytes, arrived.size(1) - factBytes).contiguous().view(rows.dtype);
        return Unpack(MemoryMarshal.Cast<byte, int>(told), choices, sent, order, received, hidden);
    }

    /// <summary>Sends something else after tokens that <see cref="Send"/> has sent.</summary>
    internal Tensor SendAfter(Arrivals arrivals, Tensor rows) => group.AllToAll(Pick(rows, arrivals.SentRows), arrivals.Sent, arrivals.Received);

    /// <summary>The weighted sums of the experts of this rank, by arrived row.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="step">All tokens of the step.</param>
    /// <param name="bank">The experts of this rank.</param>
    /// <param name="arrivals">Who came.</param>
    /// <param name="hidden">[arrived, H] what the experts are given.</param>
    internal Tensor RunExperts(LayerId layer, TokenBatch step, ExpertBank bank, Arrivals arrivals, Tensor hidden)
    {
        var choices = arrivals.Choices;
        if (choices.Count == 0)
            return hidden;
        var most = choices.Experts.Length;
        var (rows, slots, weights) = (new int[most], new int[most], new float[most]);
        var pairs = 0;
        for (var i = 0; i < most; i++)
        {
            var (row, expert) = (i / choices.Choices, choices.Experts[i]);
            if (choices.IsReal(expert) && RankOf(layer, expert, arrivals.Sources[row], step.Ordinals[arrivals.Tokens[row]]) == group.Rank)
                (rows[pairs], slots[pairs], weights[pairs++]) = (row, bank.SlotOf(new ExpertId(expert)), choices.Weights[i]);
        }
        return bank.Forward(hidden, rows.AsSpan(0, pairs), slots.AsSpan(0, pairs), torch.tensor<float>(weights.AsSpan(0, pairs), hidden.device));
    }

    /// <summary>Sends sums to where they are added up.</summary>
    /// <param name="sums">[n, H] rows for rank after rank.</param>
    /// <param name="sent">[ranks].</param>
    /// <param name="received">[ranks].</param>
    internal Tensor Combine(Tensor sums, ReadOnlySpan<long> sent, ReadOnlySpan<long> received)
    {
        traffic.Combined(sent);
        return group.AllToAll(sums, sent, received);
    }

    /// <summary>Some rows in an order; themselves where that is all of them in theirs.</summary>
    internal static Tensor Pick(Tensor rows, int[] order)
    {
        var all = order.Length == rows.size(0);
        for (var i = 0; i < order.Length && all; i++)
            all = order[i] == i;
        return all ? rows : rows.index_select(0, Index(order, rows.device));
    }

    /// <summary>Places as a tensor.</summary>
    internal static Tensor Index(ReadOnlySpan<int> places, TorchDevice device)
    {
        var wide = new long[places.Length];
        for (var i = 0; i < wide.Length; i++)
            wide[i] = places[i];
        return torch.tensor<long>(wide, device);
    }

    /// <summary>Numbers that travel with a token beside its hidden state.</summary>
    private static int FactsOf(TokenChoices choices) => 1 + 2 * choices.Choices;

    /// <summary>[rows, facts]: the token's place in the step, its experts, the bits of their weights.</summary>
    private static int[] Facts(int[] tokens, TokenChoices choices, int[] order)
    {
        var (k, width) = (choices.Choices, FactsOf(choices));
        var facts = new int[order.Length * width];
        for (var row = 0; row < order.Length; row++)
        {
            var from = order[row];
            var to = facts.AsSpan(row * width, width);
            to[0] = tokens[from];
            choices.Experts.AsSpan(from * k, k).CopyTo(to[1..]);
            for (var c = 0; c < k; c++)
                to[1 + k + c] = BitConverter.SingleToInt32Bits(choices.Weights[from * k + c]);
        }
        return facts;
    }

    private static Arrivals Unpack(ReadOnlySpan<int> facts, TokenChoices sample, long[] sent, int[] sentRows, long[] received, Tensor rows)
    {
        var (k, width) = (sample.Choices, FactsOf(sample));
        var count = facts.Length / width;
        var (tokens, sources) = (new int[count], new int[count]);
        var (experts, weights) = (new int[count * k], new float[count * k]);
        for (var row = 0; row < count; row++)
        {
            var from = facts.Slice(row * width, width);
            tokens[row] = from[0];
            from.Slice(1, k).CopyTo(experts.AsSpan(row * k));
            for (var c = 0; c < k; c++)
                weights[row * k + c] = BitConverter.Int32BitsToSingle(from[1 + k + c]);
        }
        var at = 0;
        for (var source = 0; source < received.Length; source++)
            for (var i = 0; i < received[source]; i++)
                sources[at++] = source;
        var choices = sample with { Experts = experts, Weights = weights };
        return new Arrivals(sent, sentRows, received, sources, tokens, choices, rows);
    }
}
