using MoEPlace.Results;

namespace MoEPlace.Reports.Simulations;

/// <summary>What a scenario expects, and what papers say, beside what came out.</summary>
internal static class SimulationTables
{
    /// <summary>One row an expectation.</summary>
    internal static Table Expectations(SimulationSection section) => new(
        [
            TableColumn.Text("result", "result"),
            TableColumn.Text("measure", "measure"),
            TableColumn.Text("expected", "expected"),
            TableColumn.Text("came out", "cameOut"),
            TableColumn.Text("why", "why"),
        ],
        [
            .. section.Result.Expectations.Select(e =>
            {
                var show = Show(e);
                var of = $"{SimulatedMeasures.Of(e.Measure).Title} of {PlainText.Clean(e.Variant, 40)}";
                return new object?[]
                {
                    e.Met ? "met" : "NOT met",
                    e.Over is null ? of : $"{of} ÷ {PlainText.Clean(e.Over, 40)}",
                    (e.Least, e.Most) switch
                    {
                        ({ } least, { } most) => $"{show(least)} to {show(most)}",
                        ({ } least, null) => $"at least {show(least)}",
                        (null, { } most) => $"at most {show(most)}",
                        _ => "anything",
                    },
                    show(e.Value),
                    PlainText.Clean(e.Why, 400),
                };
            }),
        ]);

    /// <summary>One row a figure of a paper.</summary>
    internal static Table Published(SimulationSection section) => new(
        [
            TableColumn.Text("system", "system"),
            TableColumn.Text("measure", "measure"),
            TableColumn.Text("on", "configuration"),
            TableColumn.Text("published", "published"),
            new("as a number", "publishedValue", v => Quantity.General((double?)v)),
            new("simulated", "simulated", v => Quantity.General((double?)v)),
            new("simulated ÷ published", "ratio", v => v is double ratio ? MeasureRatio.Text(ratio) : Quantity.Unknown),
            TableColumn.Text("what explains the difference", "difference"),
            TableColumn.Text("source", "source"),
        ],
        [
            .. section.Result.Published.Select(p => new object?[]
            {
                PlainText.Clean(p.System, 60), PlainText.Clean(p.Measure, 200), PlainText.Clean(p.Configuration, 200),
                PlainText.Clean(p.Published, 200),
                p.PublishedValue, p.Simulated, p.PublishedValue != 0 ? p.Simulated / p.PublishedValue : null, PlainText.Clean(p.Difference, 600),
                PlainText.Clean(p.Source, 200),
            }),
        ]);

    /// <summary>What every variant is.</summary>
    internal static Table Variants(SimulationSection section) => new(
        [
            TableColumn.Text("variant", "variant"),
            TableColumn.Text("what differs", "description"),
            TableColumn.Text("cluster", "cluster"),
            TableColumn.Text("placement", "placement"),
            TableColumn.Text("schedule", "schedule"),
        ],
        [
            .. section.Variants.Select(v => new object?[]
            {
                v.Name, PlainText.Clean(v.Result.Description, 300),
                $"{PlainText.Clean(v.Result.Cluster, 60)}: {SimulationSection.Shape(v.Result)}",
                PlainText.Clean(v.Result.Placement, 80), PlainText.Clean(v.Result.Schedule, 160),
            }),
        ]);

    private static Func<double?, string> Show(ExpectationOutcome expectation) =>
        expectation.Over is null ? SimulatedMeasures.Of(expectation.Measure).Show : v => MeasureRatio.Text(v ?? 0, 3);
}
