using MoEPlace.Placement.Solvers;

namespace MoEPlace.Placement.Policies.MoETuner;

/// <summary>
/// MoETuner's first program (Go and Mahajan 2025), for one layer: x[expert, cluster] is 0 or 1, every expert has one cluster, every cluster
/// takes equally many experts, and the sum over clusters of |load - mean load| is least. Loads are in units of the mean. Clusters being
/// alike, they are numbered by their first expert: the i-th expert is in cluster i at most.
/// </summary>
internal sealed class ClusterProgram
{
    /// <summary>The most x of a program that is built; beyond it engines do not get through the first relaxation.</summary>
    internal const int MostBinaries = 1_000_000;

    private readonly long[] load;
    private readonly int clusters;
    private readonly double mean;

    internal ClusterProgram(ReadOnlySpan<long> load, int clusters)
    {
        (this.load, this.clusters) = (load.ToArray(), clusters);
        mean = Math.Max(1, this.load.Sum()) / (double)clusters;
        Program = Build();
    }

    /// <summary>What an engine minimises.</summary>
    internal IntegerProgram Program { get; }

    /// <summary>The sum over clusters of |clusters x load - total load|: the objective in whole numbers.</summary>
    internal static long Deviation(ReadOnlySpan<long> load, ReadOnlySpan<int> clusterOf, int clusters)
    {
        var sums = new long[clusters];
        var total = 0L;
        for (var e = 0; e < load.Length; e++)
        {
            sums[clusterOf[e]] += load[e];
            total += load[e];
        }
        var deviation = 0L;
        foreach (var sum in sums)
            deviation += Math.Abs(checked(sum * clusters) - total);
        return deviation;
    }

    /// <summary>Numbers clusters by their first expert, as the program does.</summary>
    /// <param name="clusterOf">[experts], changed in place.</param>
    /// <param name="clusters">Clusters.</param>
    internal static void Number(Span<int> clusterOf, int clusters)
    {
        var number = new int[clusters];
        Array.Fill(number, -1);
        var next = 0;
        foreach (ref var cluster in clusterOf)
        {
            if (number[cluster] < 0)
                number[cluster] = next++;
            cluster = number[cluster];
        }
    }

    /// <summary>[columns] the values of the program's columns for a numbered division, to start an engine from.</summary>
    internal double[] ValuesOf(ReadOnlySpan<int> clusterOf)
    {
        var values = new double[Program.Columns];
        var sums = new double[clusters];
        for (var e = 0; e < load.Length; e++)
        {
            values[e * clusters + clusterOf[e]] = 1;
            sums[clusterOf[e]] += load[e] / mean;
        }
        for (var c = 0; c < clusters; c++)
            values[load.Length * clusters + c] = Math.Abs(sums[c] - 1);
        return values;
    }

    /// <summary>[experts] the cluster of each in a solution of the program.</summary>
    internal int[] ClusterOf(ReadOnlySpan<double> values)
    {
        var clusterOf = new int[load.Length];
        for (var e = 0; e < clusterOf.Length; e++)
            clusterOf[e] = values.Slice(e * clusters, clusters).IndexOfAnyInRange(0.5, double.MaxValue);
        return clusterOf;
    }

    private IntegerProgram Build()
    {
        var (experts, builder) = (load.Length, new IntegerProgramBuilder());
        for (var e = 0; e < experts; e++)
            for (var c = 0; c < clusters; c++)
                builder.AddColumn(0, c > e ? 0 : 1, 0, whole: true);
        var firstDeviation = builder.Columns;
        for (var c = 0; c < clusters; c++)
            builder.AddColumn(0, double.PositiveInfinity, 1, whole: false);

        var ones = new double[Math.Max(experts, clusters)];
        Array.Fill(ones, 1);
        for (var e = 0; e < experts; e++)
            builder.AddRow(1, 1, [.. Enumerable.Range(e * clusters, clusters)], ones.AsSpan(0, clusters));
        for (var c = 0; c < clusters; c++)
        {
            var members = new int[experts];
            for (var e = 0; e < experts; e++)
                members[e] = e * clusters + c;
            builder.AddRow(experts / clusters, experts / clusters, members, ones.AsSpan(0, experts));
            // d >= T - mean and d >= mean - T.
            var loaded = Enumerable.Range(0, experts).Where(e => load[e] > 0).ToArray();
            int[] columns = [firstDeviation + c, .. loaded.Select(e => members[e])];
            builder.AddRow(-1, double.PositiveInfinity, columns, [1, .. loaded.Select(e => -load[e] / mean)]);
            builder.AddRow(1, double.PositiveInfinity, columns, [1, .. loaded.Select(e => load[e] / mean)]);
        }
        return builder.Build();
    }
}
