using System.Collections.Immutable;

namespace MoEPlace.Traces.Statistics;

/// <summary>What a person wants to know of a trace.</summary>
/// <param name="Model">The model that was run, with its model layer ids.</param>
/// <param name="Origin">Measured or synthetic.</param>
/// <param name="Source">Where the trace comes from; may be empty.</param>
/// <param name="Licence">Its licence; empty when unknown.</param>
/// <param name="ChoiceOrder">In which order a token's experts stand.</param>
/// <param name="Columns">The optional columns that it has, by their names in the file.</param>
/// <param name="Tokens">Rows.</param>
/// <param name="Sequences">Distinct sequence numbers.</param>
/// <param name="Layers">MoE layers.</param>
/// <param name="Experts">Logical experts per layer.</param>
/// <param name="TopK">Choices per token and layer.</param>
/// <param name="MissingChoiceShare">Share of the choices that name no expert, 0 to 1.</param>
/// <param name="DecodeShare">Share of the tokens that were decoded, the others were prefilled; null without that column.</param>
/// <param name="Skew">Busiest expert over mean, over layers.</param>
/// <param name="EntropyBits">Entropy of the load, over layers.</param>
/// <param name="ByLayer">[layers].</param>
/// <param name="SampledTokens">
/// Evenly spaced tokens that mutual information and the distances of domains were estimated from; everything else is exact.
/// </param>
/// <param name="ChoiceBits">Mutual information of one choice and one in the next layer, over adjacent layers; null with one layer.</param>
/// <param name="ChoiceShuffledBits">The same with tokens shuffled.</param>
/// <param name="TopOneBits">Mutual information of the top-1 experts of adjacent layers; null with one layer or without a top-1.</param>
/// <param name="TopOneShuffledBits">The same with tokens shuffled.</param>
/// <param name="HeaviestSuccessorShare">Share of the tokens that go from top-1 to its most frequent successor; null as above.</param>
/// <param name="ByAdjacentLayers">[layers - 1].</param>
/// <param name="Domains">The domains that the trace has tokens of, by number; empty without that column.</param>
/// <param name="DomainDistances">Every pair of them.</param>
/// <param name="DomainDistance">Mean of <paramref name="DomainDistances"/>; null with fewer than two domains.</param>
/// <param name="DomainShuffledDistance">The same with the domains of the tokens shuffled: what chance alone would give.</param>
public sealed record TraceStatistics(
    MoEModel Model,
    TraceOrigin Origin,
    string Source,
    string Licence,
    ChoiceOrder ChoiceOrder,
    ImmutableArray<string> Columns,
    long Tokens,
    int Sequences,
    int Layers,
    int Experts,
    int TopK,
    double MissingChoiceShare,
    double? DecodeShare,
    Spread Skew,
    Spread EntropyBits,
    ImmutableArray<LayerStatistics> ByLayer,
    int SampledTokens,
    Spread? ChoiceBits,
    Spread? ChoiceShuffledBits,
    Spread? TopOneBits,
    Spread? TopOneShuffledBits,
    Spread? HeaviestSuccessorShare,
    ImmutableArray<AffinityStatistics> ByAdjacentLayers,
    ImmutableArray<DomainStatistics> Domains,
    ImmutableArray<DomainDistance> DomainDistances,
    double? DomainDistance,
    double? DomainShuffledDistance)
{
    private const int ColumnBlock = 1 << 16;

    /// <summary>Reads a whole trace.</summary>
    /// <param name="trace">Any trace.</param>
    /// <param name="seed">Seed of the shuffles that the estimates are compared with.</param>
    /// <exception cref="InputException">The model has more experts than can be counted.</exception>
    public static TraceStatistics Of(RoutingTrace trace, long seed = 1)
    {
        ArgumentNullException.ThrowIfNull(trace);
        var counts = RoutingCounts.Of(new TraceSlice(trace, TraceSplit.All));
        var byLayer = LoadMeasures.ByLayer(trace.Model, counts);
        var sample = new TokenSample(trace);
        var pairs = AffinityMeasures.ByAdjacentLayers(sample, counts, seed);
        var (sequences, decoded, domains) = ScanColumns(trace);
        var (distances, distance, shuffled) = DomainMeasures.Distances(sample, domains, seed);
        var choices = counts.Tokens * (double)trace.Layers * trace.TopK;
        return new TraceStatistics(
            trace.Model,
            trace.Header.Origin,
            trace.Header.Source,
            trace.Header.Licence,
            trace.Header.ChoiceOrder,
            ColumnNames(trace.Columns),
            trace.Tokens,
            sequences,
            trace.Layers,
            trace.Experts,
            trace.TopK,
            1 - LoadMeasures.Total(counts) / choices,
            trace.Columns.HasFlag(TraceColumns.Phase) ? (double)decoded / trace.Tokens : null,
            Spread.Of([.. byLayer.Select(l => l.Skew)]),
            Spread.Of([.. byLayer.Select(l => l.EntropyBits)]),
            byLayer,
            sample.Tokens,
            Over(pairs, p => p.ChoiceBits),
            Over(pairs, p => p.ChoiceShuffledBits),
            Over(pairs, p => p.TopOneBits),
            Over(pairs, p => p.TopOneShuffledBits),
            Over(pairs, p => p.HeaviestSuccessorShare),
            pairs,
            domains,
            distances,
            distance,
            shuffled);
    }

    /// <summary>Equal when all members are, arrays element by element.</summary>
    public bool Equals(TraceStatistics? other) =>
        other is not null
        && Columns.AsSpan().SequenceEqual(other.Columns.AsSpan())
        && ByLayer.AsSpan().SequenceEqual(other.ByLayer.AsSpan())
        && ByAdjacentLayers.AsSpan().SequenceEqual(other.ByAdjacentLayers.AsSpan())
        && Domains.AsSpan().SequenceEqual(other.Domains.AsSpan())
        && DomainDistances.AsSpan().SequenceEqual(other.DomainDistances.AsSpan())
        && Scalars.Equals(other.Scalars);

    /// <inheritdoc/>
    public override int GetHashCode() => Scalars.GetHashCode();

    private (MoEModel, TraceOrigin, string, string, ChoiceOrder, long, int, double, double?, int, double?, double?) Scalars =>
        (Model, Origin, Source, Licence, ChoiceOrder, Tokens, Sequences, MissingChoiceShare, DecodeShare, SampledTokens,
            DomainDistance, DomainShuffledDistance);

    private static Spread? Over(ImmutableArray<AffinityStatistics> pairs, Func<AffinityStatistics, double?> figure) =>
        pairs.IsEmpty || figure(pairs[0]) is null ? null : Spread.Of([.. pairs.Select(p => figure(p)!.Value)]);

    private static ImmutableArray<string> ColumnNames(TraceColumns columns) =>
    [
        .. new[]
        {
            (TraceColumns.GateWeights, "gate_weights"), (TraceColumns.Step, "step"), (TraceColumns.Home, "home"),
            (TraceColumns.Phase, "phase"), (TraceColumns.Domain, "domain"),
        }.Where(c => columns.HasFlag(c.Item1)).Select(c => c.Item2),
    ];

    private static (int Sequences, long Decoded, ImmutableArray<DomainStatistics> Domains) ScanColumns(RoutingTrace trace)
    {
        var sequences = new HashSet<int>();
        var decoded = 0L;
        var tokens = new long[byte.MaxValue + 1];
        for (long row = 0; row < trace.Tokens; row += ColumnBlock)
        {
            var count = (int)Math.Min(ColumnBlock, trace.Tokens - row);
            foreach (var sequence in trace.Sequence(row, count))
                sequences.Add(sequence);
            foreach (var phase in trace.Phase(row, count))
                decoded += phase == 1 ? 1 : 0;
            foreach (var domain in trace.Domain(row, count))
                tokens[domain]++;
        }
        var names = trace.Header.Domains;
        return (sequences.Count, decoded,
        [
            .. Enumerable.Range(0, tokens.Length).Where(d => tokens[d] > 0)
                .Select(d => new DomainStatistics(d, d < names.Length ? names[d] : $"domain {d}", tokens[d])),
        ]);
    }
}
