namespace MoEPlace.Service.Drift;

/// <summary>Traffic divided into parts that are taken not to depend on each other: what came of a sequence, as long as nothing cuts it.</summary>
/// <param name="sketch">Which entries count what.</param>
/// <param name="mostTokens">Tokens after which a sequence is cut.</param>
internal sealed class DriftDivision(DriftSketch sketch, int mostTokens)
{
    /// <summary>More parts are put together.</summary>
    private const int MostParts = 128;

    private readonly Dictionary<int, (int Part, int Tokens)> partOf = [];
    private int begun;

    /// <summary>Loads of its parts.</summary>
    internal DriftParts Load { get; } = new(sketch.LoadEntries);

    /// <summary>Pairs of its parts; none of counts.</summary>
    internal DriftParts Pairs { get; } = new(sketch.PairEntries);

    /// <summary>Takes a token.</summary>
    internal void Take(int sequence, ReadOnlySpan<ushort> choices)
    {
        var part = PartOf(sequence);
        sketch.Add(choices, Load.Take(part, 1), Pairs.Take(part, 1));
    }

    /// <summary>Takes a message of counts, which is a part by itself.</summary>
    internal void Take(long tokens, ReadOnlySpan<int> counts)
    {
        var part = begun++ % MostParts;
        if (part == Load.Count)
            Load.Begin();
        sketch.Add(counts, Load.Take(part, tokens));
    }

    /// <summary>Cuts all sequences.</summary>
    internal void Cut() => partOf.Clear();

    private int PartOf(int sequence)
    {
        if (partOf.TryGetValue(sequence, out var of) && of.Tokens < mostTokens)
        {
            partOf[sequence] = of with { Tokens = of.Tokens + 1 };
            return of.Part;
        }
        var part = begun++ % MostParts;
        if (part == Load.Count)
        {
            Load.Begin();
            Pairs.Begin();
        }
        partOf[sequence] = (part, 1);
        return part;
    }
}
