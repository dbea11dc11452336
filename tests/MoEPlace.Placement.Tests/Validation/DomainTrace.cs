using MoEPlace.Traces;

namespace MoEPlace.Placement.Tests.Validation;

/// <summary>
/// A trace whose top-1 stays in its half of the experts from layer to layer, with probability 0.9; a domain may have its own halves, and
/// then half of each half of one domain lies in each half of another. Contiguous placement tears the halves of all domains alike.
/// </summary>
internal sealed class DomainTrace : IDisposable
{
    internal const int Layers = 4;
    internal const int Experts = 8;
    internal const int SequenceTokens = 40;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("moeplace-");

    /// <summary>Writes and opens a trace.</summary>
    /// <param name="sequences">Sequences of 40 tokens, numbered from 0.</param>
    /// <param name="domains">Domains, dealt to the sequences in turn; 0 for no column.</param>
    /// <param name="alike">True: all domains have the same halves. False: each has its own.</param>
    /// <param name="phases">True: the first half of every sequence is prefill, the rest decode.</param>
    /// <param name="seed">Of the draw.</param>
    internal DomainTrace(int sequences, int domains, bool alike = true, bool phases = false, long seed = 1)
    {
        var random = new SeedStream(seed, "domain trace");
        var tokens = sequences * SequenceTokens;
        var rows = new TraceRows(
            new ushort[tokens * Layers], new int[tokens], new int[tokens],
            Phase: phases ? new byte[tokens] : null, Domain: domains > 0 ? new byte[tokens] : null);
        for (var t = 0; t < tokens; t++)
        {
            var sequence = t / SequenceTokens;
            var domain = domains > 0 ? sequence % domains : 0;
            (rows.Sequence[t], rows.Position[t]) = (sequence, t % SequenceTokens);
            if (rows.Domain is { } column)
                column[t] = (byte)domain;
            if (rows.Phase is { } phase)
                phase[t] = (byte)(t % SequenceTokens < SequenceTokens / 2 ? 0 : 1);
            rows.Experts[t * Layers] = (ushort)random.Next(Experts);
            for (var layer = 1; layer < Layers; layer++)
            {
                var half = random.Next(10) == 0 ? random.Next(2) : Half(rows.Experts[t * Layers + layer - 1], alike ? 0 : domain);
                do
                    rows.Experts[t * Layers + layer] = (ushort)random.Next(Experts);
                while (Half(rows.Experts[t * Layers + layer], alike ? 0 : domain) != half);
            }
        }
        var model = new MoEModel("test", Layers, [.. Enumerable.Range(0, Layers)], Experts, 1);
        var columns = (domains > 0 ? TraceColumns.Domain : 0) | (phases ? TraceColumns.Phase : 0);
        var path = Path.Combine(folder.FullName, "trace.safetensors");
        using (var writer = new RoutingTraceWriter(
            path,
            new TraceHeader(model, TraceOrigin.Synthetic, "test", "", ChoiceOrder.ByWeight, [.. "abcd".Take(domains).Select(c => $"{c}")]),
            tokens,
            columns))
        {
            writer.Append(rows);
            writer.Complete();
        }
        Trace = RoutingTrace.Open(path);
    }

    internal RoutingTrace Trace { get; }

    /// <summary>The problem crossing on 2 ranks, under an iteration limit alone.</summary>
    internal PlacementProblem Problem(TraceSplit split = TraceSplit.All, long rounds = 1)
    {
        var slice = new TraceSlice(Trace, split);
        return PlacementProblem.Create(
            Trace.Model, PlacementSamples.Cluster(1, 2), RoutingCounts.Of(slice), slice, PlacementObjective.Crossing,
            timeLimit: TimeSpan.MaxValue / 4, iterationLimit: rounds);
    }

    /// <summary>The half that an expert belongs to: bit 0 of its number in domain 0, bit 1 in domain 1, their difference in domain 2.</summary>
    private static int Half(int expert, int domain) => domain switch
    {
        0 => expert & 1,
        1 => expert >> 1 & 1,
        _ => (expert ^ expert >> 1) & 1,
    };

    public void Dispose()
    {
        Trace.Dispose();
        folder.Delete(recursive: true);
    }
}
