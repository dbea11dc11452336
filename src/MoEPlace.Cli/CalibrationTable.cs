using System.Globalization;
using MoEPlace.Results;
using MoEPlace.Simulation.Devices.Fitting;

namespace MoEPlace.Cli;

/// <summary>What was measured beside what was fitted, as a person reads it on a terminal.</summary>
internal static class CalibrationTable
{
    /// <summary>What each line tells.</summary>
    internal static IReadOnlyList<string> Columns { get; } = ["on every rank", "median", "p10", "p90", "fitted", "off by"];

    /// <summary>A line per measurement.</summary>
    internal static IEnumerable<IReadOnlyList<string>> Rows(CalibrationMeasurements measured, Cluster cluster)
    {
        IEnumerable<MeasuredTime> times =
        [
            .. measured.Attention.Select(one => one.Time), .. measured.Experts.Select(one => one.Time),
            .. measured.Step.Select(one => one.Time), .. measured.Exchanges.Select(one => one.Time),
        ];
        return CalibrationFit.Rows(measured, cluster).Zip(times, (row, time) => (IReadOnlyList<string>)
        [
            row.What, MeasureTable.Seconds(time.Median), MeasureTable.Seconds(time.P10), MeasureTable.Seconds(time.P90),
            MeasureTable.Seconds(row.FittedSeconds), row.Error.ToString("+0 %;-0 %", CultureInfo.InvariantCulture),
        ]);
    }
}
