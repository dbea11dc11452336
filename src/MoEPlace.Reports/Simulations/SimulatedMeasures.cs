using MoEPlace.Results;

namespace MoEPlace.Reports.Simulations;

/// <summary>The measures of a simulation: what each is called, means and counts in.</summary>
internal static class SimulatedMeasures
{
    /// <summary>One measure.</summary>
    /// <param name="Title">For people.</param>
    /// <param name="Key">One of <see cref="SimulationMeasure"/>.</param>
    /// <param name="Show">For people.</param>
    /// <param name="LowIsGood">False where more is better.</param>
    /// <param name="Meaning">In one line.</param>
    internal sealed record Measure(string Title, string Key, Func<double?, string> Show, bool LowIsGood, string Meaning);

    /// <summary>In the order in which they are told.</summary>
    internal static Measure[] All { get; } =
    [
        new("step", SimulationMeasure.StepSeconds, Quantity.Seconds, true, "Mean time of a step."),
        new("step, P95", SimulationMeasure.StepSecondsP95, Quantity.Seconds, true, "95th percentile of the steps."),
        new("tokens per second", SimulationMeasure.TokensPerSecond, Rate, false, "Tokens of a step over its time."),
        new("exchange", SimulationMeasure.ExchangeSeconds, Quantity.Seconds, true,
            "Dispatch, combine and what belongs to them, mean over ranks, waiting for others left out."),
        new("dispatch and combine", SimulationMeasure.RoutingSeconds, Quantity.Seconds, true,
            "Dispatch and combine alone, without gathered contexts; exchanges that overlap counted each."),
        new("exposed exchange", SimulationMeasure.ExposedExchangeSeconds, Quantity.Seconds, true,
            "The part of it that no computation of the same rank runs beside."),
        new("waiting", SimulationMeasure.WaitSeconds, Quantity.Seconds, true,
            "A rank waits for others to join an exchange, mean over ranks."),
        new("computation", SimulationMeasure.ComputeSeconds, Quantity.Seconds, true, "The compute stream, mean over ranks."),
        new("experts, busiest rank", SimulationMeasure.ExpertSecondsMost, Quantity.Seconds, true,
            "The routed experts on the rank where they take longest."),
        new("between GPUs of a node", SimulationMeasure.IntraNodeBytes, Quantity.Bytes, true, "Bytes of a step between ranks of one node."),
        new("between nodes", SimulationMeasure.InterNodeBytes, Quantity.Bytes, true, "Bytes of a step between nodes."),
        new("imbalance", SimulationMeasure.Imbalance, v => Quantity.Ratio(v), true,
            "Busiest rank over mean rank in (token, expert) pairs, mean over layers and steps."),
        new("dropped", SimulationMeasure.DroppedFraction, v => Quantity.Percent(v), true,
            "(token, expert) pairs that found no room under a capacity factor."),
    ];

    /// <summary>A measure by its key; one that we do not know as a plain number.</summary>
    internal static Measure Of(string key) =>
        Array.Find(All, m => m.Key == key) ?? new Measure(PlainText.Clean(key, 40), key, Quantity.General, true, "");

    /// <summary>All values of a section, one row a variant.</summary>
    internal static Table Values(SimulationSection section) => new(
        [
            TableColumn.Text("variant", "variant"),
            .. Known(section).Select(m => new TableColumn(
                m.Title, m.Key, v => m.Show((double?)v), BestIsLowest: m.LowIsGood && section.SameTokens, m.Meaning)),
            TableColumn.Count("tokens of a step", "tokensPerStep"),
            TableColumn.Count("steps", "steps"),
            TableColumn.Count("events", "events"),
        ],
        [
            .. section.Variants.Select(v => (object?[])
                [v.Name, .. Known(section).Select(m => (object?)v.Measure(m.Key)), v.Result.TokensPerStep, v.Result.Steps, v.Result.Events]),
        ]);

    /// <summary>The same over the baseline's, per token where tokens differ; unknown where that is 0.</summary>
    internal static Table Ratios(SimulationSection section) => new(
        [
            TableColumn.Text(section.SameTokens ? "variant ÷ baseline" : "variant ÷ baseline; times and bytes per token", "variant"),
            .. Known(section).Select(m => new TableColumn(m.Title, m.Key, v => v is double ratio ? MeasureRatio.Text(ratio) : "–", Hint: m.Meaning)),
        ],
        [
            .. section.Variants.Skip(1).Select(v => (object?[])
            [
                v.Name,
                .. Known(section).Select(m => (object?)MeasureRatio.Of(m.Key, v.Result, section.Baseline.Result)),
            ]),
        ]);

    private static IEnumerable<Measure> Known(SimulationSection section) =>
        All.Where(m => Array.Exists(section.Variants, v => v.Measure(m.Key) is not null));

    private static string Rate(double? perSecond) =>
        perSecond is { } v ? v >= 100 ? Quantity.Count((long)Math.Min(Math.Round(v), 9e18)) : Quantity.General(v) : Quantity.Unknown;
}
