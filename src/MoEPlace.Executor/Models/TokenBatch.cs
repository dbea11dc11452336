using System.Collections.Immutable;

namespace MoEPlace.Executor.Models;

/// <summary>Tokens that a rank runs together, in runs of one sequence each. All arrays are [tokens].</summary>
public sealed class TokenBatch
{
    /// <summary>The row of each token in the trace of the job.</summary>
    public required ImmutableArray<long> Ordinals { get; init; }

    /// <summary>The number of the sequence in the job.</summary>
    public required ImmutableArray<int> Sequences { get; init; }

    /// <summary>The place in the sequence, from 0.</summary>
    public required ImmutableArray<int> Positions { get; init; }

    /// <summary>The row of the key-value cache that holds the sequence; -1 without a cache.</summary>
    public required ImmutableArray<int> CacheRows { get; init; }

    /// <summary>The domain of the sequence; 0 without domains.</summary>
    public required ImmutableArray<byte> Domains { get; init; }

    /// <summary>The vocabulary id of each token.</summary>
    public required ImmutableArray<int> Ids { get; init; }

    /// <summary>True for a prefill: runs of many tokens, each from position 0; false when every run is one token (decode).</summary>
    public required bool Prefill { get; init; }

    /// <summary>Tokens.</summary>
    public int Count => Ids.Length;

    /// <summary>Some tokens of this batch.</summary>
    /// <param name="indexes">Which, by place in this batch.</param>
    public TokenBatch Pick(ReadOnlySpan<int> indexes)
    {
        return new TokenBatch
        {
            Ordinals = Of(Ordinals, indexes),
            Sequences = Of(Sequences, indexes),
            Positions = Of(Positions, indexes),
            CacheRows = Of(CacheRows, indexes),
            Domains = Of(Domains, indexes),
            Ids = Of(Ids, indexes),
            Prefill = Prefill,
        };

        static ImmutableArray<T> Of<T>(ImmutableArray<T> all, ReadOnlySpan<int> indexes)
        {
            var some = new T[indexes.Length];
            for (var i = 0; i < some.Length; i++)
                some[i] = all[indexes[i]];
            return ImmutableArray.Create(some);
        }
    }
}
