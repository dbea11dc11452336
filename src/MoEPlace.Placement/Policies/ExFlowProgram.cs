using MoEPlace.Placement.Solvers;
using MoEPlace.Traces;

namespace MoEPlace.Placement.Policies;

/// <summary>
/// ExFlow's integer program (Yao et al. 2024) for one division of experts into equal parts: x[expert, part] is 0 or 1, every expert has
/// one part, every part takes equally many experts of each layer, and the cost of a pair of experts in adjacent layers is at least
/// |x[a, part] - x[b, part]| for every part. The paper has one cost for every token; tokens of the same pair are taken together here,
/// with their number as weight. The costs are not held to whole numbers: where the x are whole, so are the least costs.
/// </summary>
public sealed class ExFlowProgram
{
    /// <summary>The largest program that is built, in nonzero coefficients: far beyond it memory runs out, and far before it engines get nowhere.</summary>
    public const long MostNonzeros = 10_000_000;

    private readonly int[][] members;
    private readonly List<(int From, int To, long Weight)> pairs = [];
    private readonly int parts;

    private ExFlowProgram(RoutingCounts counts, int[][] members, int parts)
    {
        (this.members, this.parts) = (members, parts);
        CollectPairs(counts);
        // Of two parts, the rows of the second say the same as those of the first: x[n, 1] = 1 - x[n, 0].
        RowParts = parts == 2 ? 1 : parts;
        var nonzeros = (long)pairs.Count * (RowParts * 6 + 2) + 2L * members.Length * Size * parts;
        if (nonzeros > MostNonzeros)
            throw new InputException(
                "--policy", "exflow", $"an integer program of {nonzeros} coefficients",
                $"at most {MostNonzeros}: fewer layers, experts or ranks, or --policy affinity");
        Program = Build();
    }

    /// <summary>What an engine minimises: the crossings of the tokens between adjacent layers.</summary>
    public IntegerProgram Program { get; }

    private int RowParts { get; }

    private int Size => members[0].Length;

    /// <summary>Makes the program.</summary>
    /// <param name="counts">With top-1 transitions.</param>
    /// <param name="members">[layers][size] the experts of each layer that are divided, rising; equally many in every layer.</param>
    /// <param name="parts">Into how many parts; divides the size.</param>
    /// <exception cref="InputException">The program would exceed <see cref="MostNonzeros"/>.</exception>
    public static ExFlowProgram Create(RoutingCounts counts, int[][] members, int parts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        ArgumentNullException.ThrowIfNull(members);
        ArgumentOutOfRangeException.ThrowIfNotEqual(members.Length, counts.Layers);
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        if (members.Any(m => m.Length != members[0].Length) || members[0].Length % parts != 0)
            throw new ArgumentException("Every layer must have equally many experts, a multiple of the parts.", nameof(members));
        return new ExFlowProgram(counts, members, parts);
    }

    /// <summary>[layers * size] part of each member, contiguous: the first ones in part 0.</summary>
    public int[] Contiguous()
    {
        var partOf = new int[members.Length * Size];
        for (var n = 0; n < partOf.Length; n++)
            partOf[n] = n % Size / (Size / parts);
        return partOf;
    }

    /// <summary>Tokens that change parts between adjacent layers.</summary>
    /// <param name="partOf">[layers * size].</param>
    public long Crossings(ReadOnlySpan<int> partOf)
    {
        var crossings = 0L;
        foreach (var (from, to, weight) in pairs)
            if (partOf[from] != partOf[to])
                crossings += weight;
        return crossings;
    }

    /// <summary>[columns] the values of the program's columns for a division, to start an engine from.</summary>
    public double[] ValuesOf(ReadOnlySpan<int> partOf)
    {
        var values = new double[Program.Columns];
        for (var n = 0; n < partOf.Length; n++)
            values[n * parts + partOf[n]] = 1;
        for (var p = 0; p < pairs.Count; p++)
            values[partOf.Length * parts + p] = partOf[pairs[p].From] != partOf[pairs[p].To] ? 1 : 0;
        return values;
    }

    /// <summary>[layers * size] part of each member in a solution of the program.</summary>
    public int[] PartOf(ReadOnlySpan<double> values)
    {
        var partOf = new int[members.Length * Size];
        for (var n = 0; n < partOf.Length; n++)
            partOf[n] = values.Slice(n * parts, parts).IndexOfAnyInRange(0.5, double.MaxValue);
        return partOf;
    }

    private void CollectPairs(RoutingCounts counts)
    {
        for (var layer = 0; layer + 1 < members.Length; layer++)
        {
            var transitions = counts.Transitions(layer);
            for (var i = 0; i < Size; i++)
            {
                for (var j = 0; j < Size; j++)
                {
                    var weight = transitions[members[layer][i] * counts.Experts + members[layer + 1][j]];
                    if (weight > 0)
                        pairs.Add((layer * Size + i, (layer + 1) * Size + j, weight));
                }
            }
        }
    }

    private IntegerProgram Build()
    {
        var builder = new IntegerProgramBuilder();
        for (var n = 0; n < members.Length * Size; n++)
        {
            // Parts are alike, so they may be numbered by the first expert of layer 0 that they hold: its i-th expert is in part i at
            // most. No optimum is lost, and an engine need not try every numbering.
            for (var part = 0; part < parts; part++)
                builder.AddColumn(0, n < Size && part > n ? 0 : 1, 0, whole: true);
        }
        foreach (var (_, _, weight) in pairs)
            builder.AddColumn(0, 1, weight, whole: false);
        AddBalance(builder);
        AddLeastCosts(builder);
        Span<double> signs = [1, -1, 1];
        for (var p = 0; p < pairs.Count; p++)
        {
            var cost = members.Length * Size * parts + p;
            for (var part = 0; part < RowParts; part++)
            {
                var (a, b) = (pairs[p].From * parts + part, pairs[p].To * parts + part);
                builder.AddRow(0, double.PositiveInfinity, [cost, a, b], signs);
                builder.AddRow(0, double.PositiveInfinity, [cost, b, a], signs);
            }
        }
        return builder.Build();
    }

    /// <summary>
    /// Rows that the paper does not have and that no division violates: of the experts of the next (last) layer at most a part's worth
    /// is with an expert, all others cost. Without them the relaxation is worth nothing: all x equal, no cost.
    /// </summary>
    private void AddLeastCosts(IntegerProgramBuilder builder)
    {
        var firstCost = members.Length * Size * parts;
        var costsOf = new List<int>[2 * members.Length * Size];
        for (var i = 0; i < costsOf.Length; i++)
            costsOf[i] = [];
        for (var p = 0; p < pairs.Count; p++)
        {
            costsOf[2 * pairs[p].From].Add(firstCost + p);
            costsOf[2 * pairs[p].To + 1].Add(firstCost + p);
        }
        foreach (var costs in costsOf.Where(c => c.Count > Size / parts))
            builder.AddRow(costs.Count - Size / parts, double.PositiveInfinity, [.. costs], [.. costs.Select(_ => 1.0)]);
    }

    private void AddBalance(IntegerProgramBuilder builder)
    {
        var ones = new double[Math.Max(Size, parts)];
        Array.Fill(ones, 1);
        var columns = new int[ones.Length];
        for (var n = 0; n < members.Length * Size; n++)
        {
            for (var part = 0; part < parts; part++)
                columns[part] = n * parts + part;
            builder.AddRow(1, 1, columns.AsSpan(0, parts), ones.AsSpan(0, parts));
        }
        for (var layer = 0; layer < members.Length; layer++)
        {
            for (var part = 0; part < parts; part++)
            {
                for (var i = 0; i < Size; i++)
                    columns[i] = (layer * Size + i) * parts + part;
                builder.AddRow(Size / parts, Size / parts, columns.AsSpan(0, Size), ones.AsSpan(0, Size));
            }
        }
    }
}
