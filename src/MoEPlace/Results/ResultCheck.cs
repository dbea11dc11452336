using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>The one place that says what a valid result is.</summary>
public static class ResultCheck
{
    /// <summary>
    /// Notes every breach: at least one placement; all placements with equally many layers, ranks and experts; shares from 0 to 1;
    /// measures finite and not negative; affinity square over the experts and between two layers that exist.
    /// </summary>
    /// <param name="result">What to check; strings that the type calls not null may be null here, as files can say anything.</param>
    /// <param name="faults">Where to note it.</param>
    public static void Check(ResultFile result, InputFaults faults)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(result.Format == ResultFile.FormatName, "format", result.Format, $"\"{ResultFile.FormatName}\"");
        faults.Require(result.Origin is "measured" or "synthetic", "origin", result.Origin, "\"measured\" or \"synthetic\"");
        var sized = faults.Require(result.Nodes is >= 1 and <= 65_536, "nodes", result.Nodes, "1 to 65,536")
            & faults.Require(result.RanksPerNode is >= 1 and <= 1_024, "ranksPerNode", result.RanksPerNode, "1 to 1,024")
            & faults.Require(!result.Placements.IsDefaultOrEmpty, "placements", "[]", "at least one placement");
        if (!sized)
            return;
        var shape = Shape.Of(result);
        for (var i = 0; i < result.Placements.Length; i++)
            CheckPlacement(result.Placements[i], $"placements[{i}]", shape, faults);
        if (result.Affinity is { } affinity)
            CheckAffinity(affinity, shape, faults);
        if (result.Validation is { } validation)
            ValidationCheck.Check(validation, faults);
    }

    private static void CheckPlacement(PlacementResult? placement, string field, Shape shape, InputFaults faults)
    {
        if (!faults.Require(placement is not null, field, null, "a placement"))
            return;
        faults.Require(!string.IsNullOrWhiteSpace(placement!.Label), field + ".label", placement.Label, "a name");
        NotNegative(placement.MaxImbalance, field + ".maxImbalance", faults);
        NotNegative(placement.SolveSeconds, field + ".solveSeconds", faults);
        var measures = placement.Measures;
        faults.Require(measures.Tokens >= 0, field + ".measures.tokens", measures.Tokens, "0 or more");
        Share(measures.GpuCrossingFraction, field + ".measures.gpuCrossingFraction", faults);
        Share(measures.NodeCrossingFraction, field + ".measures.nodeCrossingFraction", faults);
        foreach (var (value, name) in Values(measures))
            NotNegative(value, $"{field}.measures.{name}", faults);
        CheckDetail(placement.Detail, field + ".detail", shape, faults);
    }

    private static (double? Value, string Name)[] Values(PlacementMeasures measures) =>
    [
        (measures.RankCopiesPerTokenLayer, "rankCopiesPerTokenLayer"),
        (measures.NodeCopiesPerTokenLayer, "nodeCopiesPerTokenLayer"),
        (measures.DispatchBytes, "dispatchBytes"),
        (measures.CombineBytes, "combineBytes"),
        (measures.ContextBytes, "contextBytes"),
        (measures.ImbalanceMean, "imbalanceMean"),
        (measures.ImbalanceP95, "imbalanceP95"),
        (measures.ImbalanceMax, "imbalanceMax"),
        (measures.StepSeconds, "stepSeconds"),
        (measures.MemoryBytesPerRank, "memoryBytesPerRank"),
        (measures.MigrationBytes, "migrationBytes"),
    ];

    private static void CheckDetail(PlacementDetail detail, string field, Shape shape, InputFaults faults)
    {
        if (Counted(detail.LoadByLayerAndRank, field + ".loadByLayerAndRank", shape.Layers, "layers", faults))
            for (var layer = 0; layer < shape.Layers; layer++)
                Each(detail.LoadByLayerAndRank[layer], $"{field}.loadByLayerAndRank[{layer}]", shape.Ranks, "ranks", 0, long.MaxValue,
                    faults);
        if (Counted(detail.RankOfExpert, field + ".rankOfExpert", shape.Layers, "layers", faults))
            for (var layer = 0; layer < shape.Layers; layer++)
                Each(detail.RankOfExpert[layer], $"{field}.rankOfExpert[{layer}]", shape.Experts, "experts", 0, shape.Ranks - 1, faults);
        Curve(detail.GpuCrossingByLayer, field + ".gpuCrossingByLayer", shape.Layers - 1, 1, faults);
        Curve(detail.RankCopiesByLayer, field + ".rankCopiesByLayer", shape.Layers, double.MaxValue, faults);
    }

    private static void CheckAffinity(LayerAffinity affinity, Shape shape, InputFaults faults)
    {
        faults.Require(
            affinity.FromLayer >= 0 && affinity.FromLayer < shape.Layers - 1, "affinity.fromLayer", affinity.FromLayer,
                $"0 to {shape.Layers - 2} (layers - 2)");
        if (Counted(affinity.Transitions, "affinity.transitions", shape.Experts, "experts", faults))
            for (var from = 0; from < shape.Experts; from++)
                Each(affinity.Transitions[from], $"affinity.transitions[{from}]", shape.Experts, "experts", 0, long.MaxValue, faults);
    }

    private static bool Counted<T>(ImmutableArray<T> values, string field, int expected, string of, InputFaults faults) =>
        faults.Require(!values.IsDefault && values.Length == expected, field, values.IsDefault ? null : values.Length,
            $"{expected} entries ({of})");

    private static void Each<T>(ImmutableArray<T> values, string field, int expected, string of, T least, T most, InputFaults faults)
        where T : System.Numerics.INumber<T>
    {
        if (!Counted(values, field, expected, of, faults))
            return;
        for (var i = 0; i < values.Length; i++)
            if (values[i] < least || values[i] > most)
                faults.Add($"{field}[{i}]", values[i], most == T.CreateSaturating(long.MaxValue) ? "0 or more" : $"{least} to {most}");
    }

    private static void Curve(ImmutableArray<double> values, string field, int expected, double most, InputFaults faults)
    {
        if (!faults.Require(
            !values.IsDefault && (values.IsEmpty || values.Length == expected), field, values.IsDefault ? null : values.Length,
                $"{expected} entries, or none where they cannot be told"))
            return;
        for (var i = 0; i < values.Length; i++)
            faults.Require(values[i] >= 0 && values[i] <= most, $"{field}[{i}]", values[i], most == 1 ? "0 to 1" : "0 or more");
    }

    private static void Share(double? value, string field, InputFaults faults) =>
        faults.Require(value is null or (>= 0 and <= 1), field, value, "0 to 1, or null where it cannot be told");

    private static void NotNegative(double? value, string field, InputFaults faults) =>
        faults.Require(value is null or (>= 0 and <= double.MaxValue), field, value, "0 or more");

    /// <summary>What all placements of a result must agree on; layers and experts are taken from the first.</summary>
    private readonly record struct Shape(int Layers, int Ranks, int Experts)
    {
        public static Shape Of(ResultFile result)
        {
            var rankOfExpert = result.Placements[0]?.Detail.RankOfExpert ?? default;
            var known = !rankOfExpert.IsDefaultOrEmpty && !rankOfExpert[0].IsDefaultOrEmpty;
            return new Shape(known ? rankOfExpert.Length : 1, result.Nodes * result.RanksPerNode, known ? rankOfExpert[0].Length : 1);
        }
    }
}
