using System.Collections.Immutable;

namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>One curve: its rows, how it is fitted to some of them, and how well it must tell all of them.</summary>
/// <param name="Name">For people.</param>
/// <param name="Machine">One node of the machine that was measured.</param>
/// <param name="Rows">All its measurements.</param>
/// <param name="Limit">The most that the mean absolute percentage error may be, as a share; twice that for rows left out.</param>
/// <param name="Group">What a row is told under, for example its number of SMs; the limit holds for each group.</param>
/// <param name="LeftOut">A name of what is left out together, one after the other; null where only sizes are.</param>
/// <param name="Fit">Fits the curve to rows.</param>
public sealed record FittedCurve(
    string Name,
    Cluster Machine,
    ImmutableArray<MeasuredRow> Rows,
    double Limit,
    Func<MeasuredRow, string> Group,
    Func<MeasuredRow, string?>? LeftOut,
    Func<DeviceConstants, ImmutableArray<MeasuredRow>, DeviceConstants> Fit)
{
    /// <summary>The error of constants on each group, and on all rows where there are several groups.</summary>
    public ImmutableArray<FidelityCheck> Check(DeviceConstants constants)
    {
        var groups = Rows.GroupBy(Group).Select(group => Of(group.Key, [.. group])).ToImmutableArray();
        return groups.Length == 1 ? groups : groups.Add(Of("all", Rows));

        FidelityCheck Of(string what, ImmutableArray<MeasuredRow> rows) =>
            new(Name, what, rows.Length, CurveFit.Error(rows, Machine, constants), Limit);
    }

    /// <summary>
    /// Fits the curve without some rows and tells its error on these: every group of <see cref="LeftOut"/>, the lower and the upper half
    /// of the sizes, and every second size.
    /// </summary>
    /// <param name="form">What is not fitted.</param>
    public ImmutableArray<FidelityCheck> CheckLeavingOut(DeviceConstants form)
    {
        var sizes = Rows.Select(row => row.Size).Distinct().Order().ToArray();
        var places = sizes.Index().ToDictionary(place => place.Item, place => place.Index);
        var cuts = new List<(string Name, Func<MeasuredRow, bool> Left)>
        {
            ("lower half of the sizes", row => places[row.Size] < sizes.Length / 2),
            ("upper half of the sizes", row => places[row.Size] >= sizes.Length / 2),
            ("first of every two sizes", row => places[row.Size] % 2 == 0),
            ("second of every two sizes", row => places[row.Size] % 2 == 1),
        };
        foreach (var name in Rows.Select(row => LeftOut?.Invoke(row)).OfType<string>().Distinct())
            cuts.Add((name, row => LeftOut!(row) == name));
        return [.. cuts.Select(cut =>
        {
            var left = Rows.Where(cut.Left).ToImmutableArray();
            var fitted = Fit(form, [.. Rows.Where(row => !cut.Left(row))]);
            return new FidelityCheck(Name, "without " + cut.Name, left.Length, CurveFit.Error(left, Machine, fitted), 2 * Limit);
        })];
    }
}
