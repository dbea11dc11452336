using System.Collections.Immutable;
using System.Runtime.InteropServices;
using MoEPlace.Traces.Npy;

namespace MoEPlace.Traces.Importers;

/// <summary>
/// Tells, row after row, which sequence a token belongs to, its position counted within the sequence, and its domain.
/// </summary>
internal sealed class TokenLabels
{
    private readonly ImmutableArray<SequenceRun> runs;
    private readonly NpyFile? sequences;
    private readonly NpyFile? domains;
    private readonly Dictionary<int, int> lengths = [];
    private int run;
    private long inRun;

    private TokenLabels(ImmutableArray<SequenceRun> runs, NpyFile? sequences, NpyFile? domains, bool hasDomain)
    {
        (this.runs, this.sequences, this.domains, HasDomain) = (runs, sequences, domains, hasDomain);
    }

    /// <summary>True when each token has a domain.</summary>
    internal bool HasDomain { get; }

    /// <summary>Distinct sequences so far.</summary>
    internal long Sequences { get; private set; }

    /// <summary>Sequences one after another.</summary>
    /// <param name="runs">Length and domain of each.</param>
    /// <param name="domains">A column that decides the domains instead, or null.</param>
    /// <param name="hasDomain">Whether the runs' domains count.</param>
    internal static TokenLabels OneAfterAnother(ImmutableArray<SequenceRun> runs, NpyFile? domains, bool hasDomain) =>
        new(runs, null, domains, hasDomain || domains is not null);

    /// <summary>A column of sequence numbers; tokens of several sequences may alternate.</summary>
    internal static TokenLabels ByColumn(NpyFile sequences, NpyFile? domains, bool hasDomain) =>
        new([], sequences, domains, hasDomain || domains is not null);

    /// <summary>Nothing is known: each token is a sequence of its own.</summary>
    internal static TokenLabels EachItsOwn(NpyFile? domains, bool hasDomain) =>
        new([], null, domains, hasDomain || domains is not null);

    /// <summary>Labels of the next rows.</summary>
    /// <param name="first">The first row; rows must be asked for in order.</param>
    /// <param name="sequence">Filled with sequence numbers.</param>
    /// <param name="position">Filled with positions.</param>
    /// <param name="domain">Filled with domain numbers; empty when there are none.</param>
    internal void Next(long first, Span<int> sequence, Span<int> position, Span<byte> domain)
    {
        if (sequences is not null)
            FromColumn(first, sequence, position);
        else if (!runs.IsEmpty)
            FromRuns(sequence, position, domain);
        else
            FromRows(first, sequence, position);
        if (domains is null || domain.IsEmpty)
            return;
        var numbers = new long[domain.Length];
        domains.CopyIntegers(first, numbers);
        for (var i = 0; i < numbers.Length; i++)
            domain[i] = (byte)numbers[i];
    }

    private void FromColumn(long first, Span<int> sequence, Span<int> position)
    {
        var numbers = new long[sequence.Length];
        sequences!.CopyIntegers(first, numbers);
        for (var i = 0; i < numbers.Length; i++)
        {
            sequence[i] = (int)numbers[i];
            ref var length = ref CollectionsMarshal.GetValueRefOrAddDefault(lengths, sequence[i], out _);
            position[i] = length++;
        }
        Sequences = lengths.Count;
    }

    private void FromRuns(Span<int> sequence, Span<int> position, Span<byte> domain)
    {
        for (var i = 0; i < sequence.Length; i++)
        {
            if (inRun == runs[run].Tokens)
                (run, inRun) = (run + 1, 0L);
            sequence[i] = run;
            position[i] = (int)inRun++;
            if (!domain.IsEmpty)
                domain[i] = runs[run].Domain;
        }
        Sequences = run + 1;
    }

    private void FromRows(long first, Span<int> sequence, Span<int> position)
    {
        for (var i = 0; i < sequence.Length; i++)
            sequence[i] = (int)(first + i);
        position.Clear();
        Sequences = first + sequence.Length;
    }
}
