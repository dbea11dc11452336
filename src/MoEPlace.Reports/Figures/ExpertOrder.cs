using System.Collections.Immutable;

namespace MoEPlace.Reports.Figures;

/// <summary>The experts of a layer, ordered by the rank that holds them, in cells of equally many experts that no rank border
/// cuts.</summary>
internal sealed class ExpertOrder
{
    /// <summary>Orders the experts of one layer.</summary>
    /// <param name="rankOfExpert">[expert] its rank.</param>
    /// <param name="ranks">All ranks.</param>
    /// <param name="expertsPerCell">1 or more.</param>
    internal ExpertOrder(ImmutableArray<int> rankOfExpert, int ranks, int expertsPerCell)
    {
        CellOfExpert = new int[rankOfExpert.Length];
        var cells = new List<(int Rank, int First, int[] Experts)>();
        Borders = new int[ranks + 1];
        foreach (var (rank, experts) in Enumerable.Range(0, rankOfExpert.Length).GroupBy(e => rankOfExpert[e]).OrderBy(g => g.Key)
            .Select(g => (g.Key, g.ToArray())))
        {
            Borders[rank + 1] = experts.Length;
            foreach (var part in experts.Chunk(expertsPerCell))
            {
                foreach (var expert in part)
                    CellOfExpert[expert] = cells.Count;
                cells.Add((rank, cells.Count == 0 ? 0 : cells[^1].First + cells[^1].Experts.Length, part));
            }
        }
        for (var rank = 0; rank < ranks; rank++)
            Borders[rank + 1] += Borders[rank];
        Cells = [.. cells];
    }

    /// <summary>Cell by cell: the rank, the place of the first expert, the experts.</summary>
    internal (int Rank, int First, int[] Experts)[] Cells { get; }

    /// <summary>[expert] its cell.</summary>
    internal int[] CellOfExpert { get; }

    /// <summary>[ranks + 1] the place at which each rank begins, and the end.</summary>
    internal int[] Borders { get; }
}
