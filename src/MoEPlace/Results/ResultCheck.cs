using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>The one place that says what a valid result is.</summary>
public static class ResultCheck
{
    /// <summary>How far rounding may put a proven bound above the objective that it equals, relative to the objective.</summary>
    private const double BoundTolerance = 1e-6;

    /// <summary>
    /// Notes every breach: at least one placement; all placements with equally many layers, ranks and experts; shares from 0 to 1;
    /// measures finite and not negative; curves over time rising in seconds, no bound above its objective; what still crosses within
    /// what there is, in layers, experts and ranks that exist; affinity square over the experts and between two layers that exist.
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
        NotNegative(placement.RunSeconds, field + ".runSeconds", faults);
        NotNegative(placement.PeakMemoryBytes, field + ".peakMemoryBytes", faults);
        CheckTrajectory(placement.Trajectory, field + ".trajectory", faults);
        foreach (var (i, point) in placement.MigrationCurve.Index())
        {
            var at = $"{field}.migrationCurve[{i}]";
            if (!faults.Require(point is not null, at, null, "bytes and an objective"))
                continue;
            faults.Require(point!.Bytes >= 0, at + ".bytes", point.Bytes, "0 or more");
            NotNegative(point.Objective, at + ".objective", faults);
        }
        if (placement.Solve is { } solve)
            CheckSolve(solve, field + ".solve", faults);
        CheckMeasures(placement.Measures, field + ".measures", faults);
        if (placement.OtherResidency is { } other)
            CheckMeasures(other, field + ".otherResidency", faults);
        CheckDetail(placement.Detail, field + ".detail", shape, faults);
    }

    private static void CheckSolve(SolveSummary solve, string field, InputFaults faults)
    {
        NotNegative(solve.Objective, field + ".objective", faults);
        Share(solve.Gap, field + ".gap", faults);
        faults.Require(solve.Iterations >= 0, field + ".iterations", solve.Iterations, "0 or more");
        faults.Require(
            solve.Bound is null || (solve.Bound >= 0 && solve.Bound <= solve.Objective * (1 + 1e-9)), field + ".bound", solve.Bound,
            "0 to the objective");
    }

    private static void CheckMeasures(PlacementMeasures measures, string field, InputFaults faults)
    {
        faults.Require(measures.Tokens >= 0, field + ".tokens", measures.Tokens, "0 or more");
        Share(measures.GpuCrossingFraction, field + ".gpuCrossingFraction", faults);
        Share(measures.NodeCrossingFraction, field + ".nodeCrossingFraction", faults);
        foreach (var (value, name) in Values(measures))
            NotNegative(value, $"{field}.{name}", faults);
    }

    private static void CheckTrajectory(ImmutableArray<SolvePoint> points, string field, InputFaults faults)
    {
        var before = 0.0;
        for (var i = 0; i < points.Length; i++)
        {
            var at = $"{field}[{i}]";
            if (!faults.Require(points[i] is not null, at, null, "a point"))
                continue;
            var (seconds, objective, bound) = points[i];
            if (faults.Require(
                seconds >= before && seconds <= double.MaxValue, at + ".seconds", seconds, $"{before} or more: points stand in order of time"))
                before = seconds;
            NotNegative(objective, at + ".objective", faults);
            faults.Require(bound is null || double.IsFinite(bound.Value), at + ".bound", bound, "a number, or null before there was one");
            if (objective is { } value && bound is { } below)
                faults.Require(
                    below <= value + BoundTolerance * Math.Abs(value), at + ".bound", bound, $"at most the objective, {value}");
        }
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
        (measures.InterNodeBytes, "interNodeBytes"),
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
        NotNegative(detail.RedundantSlotsPerLayer, field + ".redundantSlotsPerLayer", faults);
        if (detail.Remaining is { } remaining)
            CheckRemaining(remaining, field + ".remaining", shape, faults);
    }

    private static void CheckRemaining(RemainingTraffic remaining, string field, Shape shape, InputFaults faults)
    {
        var pairs = shape.Layers - 1;
        if (Counted(remaining.TransitionsByLayer, field + ".transitionsByLayer", pairs, "layers - 1", faults)
            & Counted(remaining.GpuCrossingsByLayer, field + ".gpuCrossingsByLayer", pairs, "layers - 1", faults)
            & Counted(remaining.NodeCrossingsByLayer, field + ".nodeCrossingsByLayer", pairs, "layers - 1", faults))
            for (var layer = 0; layer < pairs; layer++)
            {
                var (all, gpu) = (remaining.TransitionsByLayer[layer], remaining.GpuCrossingsByLayer[layer]);
                Within(all, $"{field}.transitionsByLayer[{layer}]", long.MaxValue, faults);
                Within(gpu, $"{field}.gpuCrossingsByLayer[{layer}]", all, faults);
                Within(remaining.NodeCrossingsByLayer[layer], $"{field}.nodeCrossingsByLayer[{layer}]", gpu, faults);
            }
        if (!faults.Require(!remaining.HeaviestPairs.IsDefault, field + ".heaviestPairs", null, "a list, empty where nothing crosses"))
            return;
        for (var i = 0; i < remaining.HeaviestPairs.Length; i++)
        {
            var at = $"{field}.heaviestPairs[{i}]";
            if (!faults.Require(remaining.HeaviestPairs[i] is not null, at, null, "a pair of experts"))
                continue;
            var pair = remaining.HeaviestPairs[i];
            Within(pair.FromLayer, at + ".fromLayer", pairs - 1, faults);
            Within(pair.FromExpert, at + ".fromExpert", shape.Experts - 1, faults);
            Within(pair.ToExpert, at + ".toExpert", shape.Experts - 1, faults);
            Within(pair.FromRank, at + ".fromRank", shape.Ranks - 1, faults);
            Within(pair.ToRank, at + ".toRank", shape.Ranks - 1, faults);
            Within(pair.Tokens, at + ".tokens", i == 0 ? long.MaxValue : remaining.HeaviestPairs[i - 1]?.Tokens ?? long.MaxValue, faults);
        }
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

    private static void Within(long value, string field, long most, InputFaults faults) =>
        faults.Require(value >= 0 && value <= most, field, value, most == long.MaxValue ? "0 or more" : $"0 to {most}");

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
