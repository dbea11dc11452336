using MoEPlace.Service.Routing;
using MoEPlace.Traces;

namespace MoEPlace.Cli;

/// <summary>Frames that recorded routing is sent to a placement service by.</summary>
internal static class RoutingFrames
{
    private const int MostBytes = 1 << 20;
    private const int MostRows = 4_096;

    /// <summary>The tokens of a trace. Without recorded homes, sequences live on the ranks in turn; without recorded phases, all decode.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="ranks">Ranks of the job; recorded homes beyond them wrap around.</param>
    /// <exception cref="InputException">It has no top-1, which rows have first.</exception>
    public static IEnumerable<(byte[] Bytes, long Tokens, double Share)> Rows(RoutingTrace trace, int ranks)
    {
        if (!trace.HasTopOne)
            throw new InputException(
                trace.Path, "choice_order", "unordered", "by_weight, or gate weights: rows are sent with the heaviest choice first");
        return Frames();

        IEnumerable<(byte[] Bytes, long Tokens, double Share)> Frames()
        {
            var most = (int)Math.Clamp(MostBytes / RowsFrame.Bytes(1, trace.Layers, trace.TopK), 1, MostRows);
            var homes = new Dictionary<int, ushort>();
            for (var row = 0L; row < trace.Tokens; row += most)
            {
                var count = (int)Math.Min(most, trace.Tokens - row);
                var frame = RowsFrame.Write(Read(trace, row, count, ranks, homes), trace.Layers, trace.TopK);
                yield return (frame, count, (row + count) / (double)trace.Tokens);
            }
        }
    }

    /// <summary>The windows of a load file, each as the fewest tokens that can have chosen so.</summary>
    public static IEnumerable<(byte[] Bytes, long Tokens, double Share)> Counts(LoadFile load)
    {
        for (var window = 0L; window < load.Windows; window++)
        {
            var all = load.Window(window).ToArray();
            // Each part has at most half of what a frame takes, so that what rounding adds has room.
            var parts = TokensOf(all, load.Model) / (CountsFrame.MostTokens / 2) + 1;
            for (var part = 0L; part < parts; part++)
            {
                var counts = Array.ConvertAll(all, count => Upto(count, part + 1, parts) - Upto(count, part, parts));
                if (TokensOf(counts, load.Model) is not (> 0 and var tokens))
                    continue;
                var frame = CountsFrame.Write(tokens, Array.ConvertAll(counts, count => (int)count), load.Layers, load.Experts);
                yield return (frame, tokens, (window + 1.0) / load.Windows);
            }
        }

        static long Upto(long count, long part, long parts) => (long)((Int128)count * part / parts);
    }

    /// <summary>The fewest tokens that choose so: each chooses at most topK experts, and none twice.</summary>
    private static long TokensOf(long[] counts, MoEModel model)
    {
        var tokens = 0L;
        for (var layer = 0; layer < model.Layers; layer++)
        {
            var (sum, busiest) = (0L, 0L);
            foreach (var count in counts.AsSpan(layer * model.Experts, model.Experts))
                (sum, busiest) = (sum + count, Math.Max(busiest, count));
            tokens = Math.Max(tokens, Math.Max((sum + model.TopK - 1) / model.TopK, busiest));
        }
        return tokens;
    }

    private static RoutedRows Read(RoutingTrace trace, long row, int count, int ranks, Dictionary<int, ushort> homes)
    {
        var (sequence, position) = (trace.Sequence(row, count).ToArray(), trace.Position(row, count).ToArray());
        var (home, phase) = (new ushort[count], new byte[count]);
        var experts = new ushort[count * trace.Layers * trace.TopK];
        trace.CopyExperts(row, count, experts);
        if (trace.Header.ChoiceOrder != ChoiceOrder.ByWeight)
            SortByWeight(experts, trace.GateWeights(row, count), trace.TopK);
        var recorded = trace.Columns.HasFlag(TraceColumns.Home) ? trace.Home(row, count) : [];
        for (var i = 0; i < count; i++)
            if (!recorded.IsEmpty)
                home[i] = (ushort)(recorded[i] % ranks);
            else if (!homes.TryGetValue(sequence[i], out home[i]))
                homes[sequence[i]] = home[i] = (ushort)(homes.Count % ranks);
        if (trace.Columns.HasFlag(TraceColumns.Phase))
            trace.Phase(row, count).CopyTo(phase);
        else
            phase.AsSpan().Fill(1);
        return new RoutedRows(count, sequence, position, home, phase, experts);
    }

    /// <summary>Puts the choices of each cell in order of falling weight, the lowest index first on ties, none last.</summary>
    private static void SortByWeight(ushort[] experts, ReadOnlySpan<Half> weights, int topK)
    {
        var keys = new (float Falling, int Index)[topK];
        for (var cell = 0; cell < experts.Length; cell += topK)
        {
            for (var k = 0; k < topK; k++)
                keys[k] = (experts[cell + k] == RoutingTrace.NoExpert ? float.PositiveInfinity : -(float)weights[cell + k], k);
            keys.AsSpan().Sort(experts.AsSpan(cell, topK));
        }
    }
}
