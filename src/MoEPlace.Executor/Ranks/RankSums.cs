namespace MoEPlace.Executor.Ranks;

/// <summary>Small sums over ranks; every rank gets the same.</summary>
internal static class RankSums
{
    /// <summary>What all ranks have.</summary>
    /// <returns>[ranks][values].</returns>
    internal static long[][] ToAll(this IRankGroup group, ReadOnlySpan<long> values)
    {
        var (size, count) = (group.Size, values.Length);
        var copies = new long[size * count];
        for (var rank = 0; rank < size; rank++)
            values.CopyTo(copies.AsSpan(rank * count));
        return [.. group.AllToAll(copies, count).Chunk(Math.Max(1, count))];
    }

    /// <summary>Sums number by number.</summary>
    internal static long[] SumOf(this IRankGroup group, ReadOnlySpan<long> values)
    {
        var sum = new long[values.Length];
        foreach (var one in group.ToAll(values))
            for (var i = 0; i < sum.Length; i++)
                sum[i] += one[i];
        return sum;
    }

    /// <summary>Sums in the order of ranks.</summary>
    internal static double SumOf(this IRankGroup group, double value)
    {
        var sum = 0.0;
        foreach (var bits in group.ToAll([BitConverter.DoubleToInt64Bits(value)]))
            sum += BitConverter.Int64BitsToDouble(bits[0]);
        return sum;
    }
}
