using System.Collections.Immutable;
using MoEPlace.Results;

namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>Notes what keeps measurements from being fitted.</summary>
internal static class MeasurementsCheck
{
    private static readonly string[] Directions = [CalibrationFit.Dispatch, CalibrationFit.Combine];
    private static readonly string[] Peers = [CalibrationFit.Itself, CalibrationFit.IntraNode, CalibrationFit.InterNode, CalibrationFit.All];

    internal static void Check(CalibrationMeasurements m, InputFaults faults)
    {
        faults.Require(m.Nodes is >= 1 and <= 65_536, "nodes", m.Nodes, "1 to 65,536");
        faults.Require(m.RanksPerNode is >= 1 and <= 1_024, "ranksPerNode", m.RanksPerNode, "1 to 1,024");
        faults.Require(m.CoresPerNode is null or >= 1, "coresPerNode", m.CoresPerNode, "1 or more, or null");
        Each(m.Attention, "attention", row => row.Time, (row, at) => CheckTokens(row, at, faults), faults);
        Each(m.Step, "step", row => row.Time, (row, at) => CheckTokens(row, at, faults), faults);
        Each(m.Experts, "experts", row => row.Time, (row, at) =>
        {
            faults.Require(row.Experts >= 0, at + ".experts", row.Experts, "0 or more");
            faults.Require(row.Pairs >= 1, at + ".pairs", row.Pairs, "1 or more");
        }, faults);
        Each(m.Exchanges, "exchanges", row => row.Time, (row, at) => CheckExchange(row, at, m.Nodes, m.RanksPerNode, faults), faults);
        foreach (var direction in Directions)
            faults.Require(
                m.Exchanges.IsDefault || m.Exchanges.Any(row => row?.Direction == direction), "exchanges", "no " + direction,
                "some of each direction");
    }

    private static void CheckTokens(MeasuredTokens row, string at, InputFaults faults)
    {
        faults.Require(row.Tokens >= 0, at + ".tokens", row.Tokens, "0 or more");
        faults.Require(row.ContextTokens >= 0, at + ".contextTokens", row.ContextTokens, "0 or more");
    }

    private static void CheckExchange(MeasuredExchange row, string at, int nodes, int ranksPerNode, InputFaults faults)
    {
        faults.Require(Directions.Contains(row.Direction), at + ".direction", row.Direction, string.Join(" or ", Directions));
        faults.Require(row.BytesPerPeer >= 0, at + ".bytesPerPeer", row.BytesPerPeer, "0 or more");
        var known = faults.Require(Peers.Contains(row.Peers), at + ".peers", row.Peers, string.Join(", ", Peers));
        faults.Require(
            !known || row.Peers == CalibrationFit.Itself || (row.Peers == CalibrationFit.IntraNode ? ranksPerNode > 1
                : row.Peers == CalibrationFit.InterNode ? nodes > 1 : nodes * (long)ranksPerNode > 1),
            at + ".peers", row.Peers, $"peers that a rank has on {nodes} x {ranksPerNode}");
    }

    private static void Each<T>(
        ImmutableArray<T> rows, string key, Func<T, MeasuredTime> time, Action<T, string> check, InputFaults faults)
        where T : class
    {
        if (!faults.Require(!rows.IsDefaultOrEmpty, key, null, "at least one measurement"))
            return;
        foreach (var (i, row) in rows.Index())
        {
            var at = $"{key}[{i}]";
            if (!faults.Require(row is not null, at, null, "a measurement"))
                continue;
            check(row!, at);
            var median = time(row!)?.Median;
            faults.Require(median is > 0 and <= 3600, at + ".time.median", median, "above 0, at most 3,600 seconds");
        }
    }
}
