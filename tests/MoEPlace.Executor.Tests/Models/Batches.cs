using MoEPlace.Executor.Models;

namespace MoEPlace.Executor.Tests.Models;

/// <summary>Batches of made-up sequences.</summary>
internal static class Batches
{
    internal static int[][] Sequences(SeedStream random, int vocabulary, params ReadOnlySpan<int> lengths)
    {
        var all = new int[lengths.Length][];
        for (var s = 0; s < all.Length; s++)
        {
            all[s] = new int[lengths[s]];
            for (var i = 0; i < all[s].Length; i++)
                all[s][i] = random.Next(vocabulary);
        }
        return all;
    }

    /// <summary>The first tokens of each sequence; sequence s has row rows[s] of the cache.</summary>
    internal static TokenBatch Prefill(int[][] sequences, int[]? rows = null, int[]? lengths = null) => Of(
        [.. sequences.SelectMany((ids, s) => Enumerable.Range(0, lengths?[s] ?? ids.Length).Select(i => (s, i)))], sequences, rows, true);

    /// <summary>One token of each of some sequences.</summary>
    internal static TokenBatch Decode(int[][] sequences, int[] rows, (int Sequence, int Position)[] tokens) =>
        Of(tokens, sequences, rows, false);

    private static TokenBatch Of(
        (int Sequence, int Position)[] tokens, int[][] sequences, int[]? rows, bool prefill) => new()
        {
            Ordinals = [.. tokens.Select((_, i) => (long)i)],
            Sequences = [.. tokens.Select(t => t.Sequence)],
            Positions = [.. tokens.Select(t => t.Position)],
            CacheRows = [.. tokens.Select(t => rows?[t.Sequence] ?? -1)],
            Domains = [.. tokens.Select(_ => (byte)0)],
            Ids = [.. tokens.Select(t => sequences[t.Sequence][t.Position])],
            Prefill = prefill,
        };
}
