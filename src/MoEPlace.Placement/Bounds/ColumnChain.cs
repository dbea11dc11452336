using MoEPlace.Placement.Affinity;

namespace MoEPlace.Placement.Bounds;

/// <summary>
/// What a rank may hold, layer by layer, and what that is worth. A column is one set of experts in each layer; its value is the sum of
/// <see cref="Unary"/> over its sets and of <see cref="Rows"/> over the experts of each set and the set that follows. Values are whole
/// numbers, the true ones times <see cref="Scale"/> and never less, so that what is computed from them is exact.
/// </summary>
internal sealed class ColumnChain
{
    /// <summary>No column is worth more than this, in magnitude: sums of two stay within 32 bits.</summary>
    public const int MostValue = 1 << 28;

    /// <summary>The value of what pads arrays to whole blocks.</summary>
    public const int Never = -(1 << 29);

    /// <summary>Arrays are padded to whole blocks of this many sets.</summary>
    public const int Block = 64;

    public required int Experts { get; init; }

    /// <summary>Columns in every placement.</summary>
    public required int Ranks { get; init; }

    /// <summary>[layers].</summary>
    public required SubsetList[] Sets { get; init; }

    /// <summary>[layers][padded sets] what a set is worth by itself; <see cref="Never"/> in the padding.</summary>
    public required int[][] Unary { get; init; }

    /// <summary>[layers - 1][experts, padded sets of the next layer] what an expert before a set is worth; 0 in the padding.</summary>
    public required int[][] Rows { get; init; }

    /// <summary>Units of a value of 1.</summary>
    public required double Scale { get; init; }

    public int Layers => Sets.Length;

    /// <summary>A number of sets, padded to whole blocks.</summary>
    public static int Padded(int count) => (count + Block - 1) / Block * Block;

    /// <summary>The chain whose columns are worth the transitions that stay on their rank.</summary>
    /// <param name="chain">Transitions, load and its limits; nodes play no part.</param>
    public static ColumnChain OfCrossing(ChainProblem chain)
    {
        var (n, layers) = (chain.Experts, chain.Layers);
        var sets = new SubsetList[layers];
        Parallel.For(0, layers, l => sets[l] = SubsetList.Of(chain.Load[l], chain.MostCapacity, chain.LoadLimit[l].Max()));
        var scale = ScaleOf(chain.Transitions.Sum(t => t.Sum(v => (double)v)));
        var rows = new int[layers - 1][];
        Parallel.For(0, layers - 1, l => rows[l] = TransitionRows(chain.Transitions[l], n, sets[l + 1], scale));
        return new ColumnChain
        {
            Experts = n,
            Ranks = chain.Parts,
            Sets = sets,
            Unary = [.. sets.Select(NoUnary)],
            Rows = rows,
            Scale = scale,
        };
    }

    /// <summary>The most units of a value, a power of 2 up to 64, with which no sum of all values goes too far.</summary>
    public static double ScaleOf(double total)
    {
        var scale = 64.0;
        while (scale * total > MostValue / 4)
            scale /= 2;
        return scale;
    }

    /// <summary>The same chain with some of the sets only.</summary>
    /// <param name="chosen">[layers] rising numbers of sets.</param>
    public ColumnChain Restrict(int[][] chosen) => new()
    {
        Experts = Experts,
        Ranks = Ranks,
        Sets = [.. Sets.Select((s, l) => s.Choose(chosen[l]))],
        Unary = [.. Unary.Select((u, l) => Gather(u, chosen[l], 1, Never))],
        Rows = [.. Rows.Select((r, l) => Gather(r, chosen[l + 1], Experts, 0))],
        Scale = Scale,
    };

    private static int[] Gather(int[] values, int[] chosen, int count, int padding)
    {
        var (from, width) = (values.Length / count, Padded(chosen.Length));
        var gathered = new int[count * width];
        for (var row = 0; row < count; row++)
        {
            for (var i = 0; i < chosen.Length; i++)
                gathered[row * width + i] = values[row * from + chosen[i]];
            gathered.AsSpan(row * width + chosen.Length, width - chosen.Length).Fill(padding);
        }
        return gathered;
    }

    private static int[] NoUnary(SubsetList sets)
    {
        var unary = new int[Padded(sets.Count)];
        unary.AsSpan(sets.Count).Fill(Never);
        return unary;
    }

    private static int[] TransitionRows(int[] transitions, int n, SubsetList sets, double scale)
    {
        var width = Padded(sets.Count);
        var rows = new int[n * width];
        var size = sets.Size;
        for (var a = 0; a < n; a++)
        {
            var row = rows.AsSpan(a * width, width);
            for (var s = 0; s < sets.Count; s++)
            {
                var sum = 0L;
                for (var i = 0; i < size; i++)
                    sum += transitions[a * n + sets.Members[s * size + i]];
                row[s] = (int)Math.Ceiling(sum * scale);
            }
        }
        return rows;
    }
}
