namespace MoEPlace.Placement.Affinity;

/// <summary>The divisions that a search came upon that no other beats in both moves and kept weight.</summary>
/// <param name="homeOf">[layers, experts] the part that each expert is on now; -1 for none: it moves wherever it goes.</param>
internal sealed class MigrationFront(int[] homeOf)
{
    private readonly SortedList<long, (long Kept, int[] PartOf)> best = [];

    /// <summary>By moves, rising; so does what they keep.</summary>
    public IEnumerable<(long Moves, long Kept, int[] PartOf)> Points => best.Select(b => (b.Key, b.Value.Kept, b.Value.PartOf));

    /// <summary>How many experts are not where they are now.</summary>
    public long Moves(ReadOnlySpan<int> partOf)
    {
        var moves = 0L;
        for (var cell = 0; cell < partOf.Length; cell++)
            moves += partOf[cell] != homeOf[cell] ? 1 : 0;
        return moves;
    }

    /// <summary>Notes a division; returns its moves.</summary>
    /// <param name="partOf">[layers, experts].</param>
    /// <param name="kept">What it keeps, staying aside.</param>
    public long Add(ReadOnlySpan<int> partOf, long kept)
    {
        var moves = Moves(partOf);
        if (best.Any(b => b.Key <= moves && b.Value.Kept >= kept))
            return moves;
        foreach (var beaten in best.Where(b => b.Key >= moves && b.Value.Kept <= kept).Select(b => b.Key).ToArray())
            best.Remove(beaten);
        best[moves] = (kept, partOf.ToArray());
        return moves;
    }

    /// <summary>The best division of at most so many moves; one must be known.</summary>
    public (long Moves, long Kept, int[] PartOf) Within(long most) => Points.Last(p => p.Moves <= most);
}
