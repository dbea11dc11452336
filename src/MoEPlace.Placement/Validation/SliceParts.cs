using System.Collections.Immutable;
using MoEPlace.Traces;

namespace MoEPlace.Placement.Validation;

/// <summary>Parts of a slice: by sequence, by domain, by phase, by place in the file.</summary>
internal static class SliceParts
{
    /// <summary>The sequences of a slice, in order of appearance.</summary>
    internal static ImmutableArray<int> Sequences(TraceSlice slice)
    {
        var seen = new HashSet<int>();
        var order = ImmutableArray.CreateBuilder<int>();
        foreach (var (row, count) in slice.Runs())
            foreach (var sequence in slice.Trace.Sequence(row, count))
                if (seen.Add(sequence))
                    order.Add(sequence);
        return order.ToImmutable();
    }

    /// <summary>The tokens of some sequences.</summary>
    /// <param name="slice">Whose.</param>
    /// <param name="what">Which, in words.</param>
    /// <param name="chosen">Their numbers.</param>
    internal static TraceSlice OfSequences(TraceSlice slice, string what, IEnumerable<int> chosen)
    {
        var set = chosen.ToHashSet();
        return slice.Where(what, (row, keep) =>
        {
            var sequence = slice.Trace.Sequence(row, keep.Length);
            for (var i = 0; i < keep.Length; i++)
                keep[i] = set.Contains(sequence[i]);
        });
    }

    /// <summary>Tokens of the slice by value of a column of bytes; empty without the column.</summary>
    /// <param name="slice">Whose.</param>
    /// <param name="column">domain or phase.</param>
    internal static long[] CountBytes(TraceSlice slice, ByteColumn column)
    {
        var counts = new long[byte.MaxValue + 1];
        foreach (var (row, count) in slice.Runs())
        {
            var values = column(row, count);
            if (values.IsEmpty)
                return [];
            foreach (var value in values)
                counts[value]++;
        }
        return counts;
    }

    /// <summary>The tokens with a value, or all but those.</summary>
    /// <param name="slice">Whose.</param>
    /// <param name="what">Which, in words.</param>
    /// <param name="column">domain or phase.</param>
    /// <param name="value">The value.</param>
    /// <param name="holds">True for the tokens that have it, false for the others.</param>
    internal static TraceSlice OfByte(TraceSlice slice, string what, ByteColumn column, byte value, bool holds) =>
        slice.Where(what, (row, keep) =>
        {
            var values = column(row, keep.Length);
            for (var i = 0; i < keep.Length; i++)
                keep[i] = values[i] == value == holds;
        });

    /// <summary>Consecutive tokens of a slice.</summary>
    /// <param name="slice">Whose.</param>
    /// <param name="what">Which, in words.</param>
    /// <param name="first">The ordinal of the first among the tokens of the slice.</param>
    /// <param name="count">How many.</param>
    internal static TraceSlice Consecutive(TraceSlice slice, string what, long first, long count)
    {
        long passed = 0;
        return slice.Where(what, (_, keep) =>
        {
            var from = Math.Clamp(first - passed, 0, keep.Length);
            var to = Math.Clamp(first + count - passed, 0, keep.Length);
            keep[(int)from..(int)to].Fill(true);
            passed += keep.Length;
        });
    }

    /// <summary>Some rows of a column of bytes, as the trace gives it.</summary>
    internal delegate ReadOnlySpan<byte> ByteColumn(long row, int count);
}
