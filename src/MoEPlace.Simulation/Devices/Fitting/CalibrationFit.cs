using System.Collections.Immutable;
using System.Globalization;
using MoEPlace.Results;

namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>
/// From what was measured to a cluster with a calibration: relative errors are least in squares, and no time is negative. Ranks that share
/// cores were measured while all of them were busy with as much: the work of one core is cores over ranks of that.
/// </summary>
public static class CalibrationFit
{
    internal const string Itself = "itself", IntraNode = "intra-node", InterNode = "inter-node", All = "all";
    internal const string Dispatch = "dispatch", Combine = "combine";

    /// <summary>Bytes that took no measurable time are taken to travel so much faster than the fastest exchange of them as a whole.</summary>
    private const double FarAboveReached = 1_000;

    private const double MostBytesPerSecond = 1e15;

    /// <summary>Fits a cluster.</summary>
    /// <param name="measurements">What <c>calibrate</c> measured.</param>
    /// <param name="model">The model that was run, with its dimensions: what the device reaches is counted in its sizes.</param>
    /// <param name="name">The name of the cluster.</param>
    /// <exception cref="InputException">Something is missing or cannot have been measured; every fault is told.</exception>
    public static Cluster Fit(CalibrationMeasurements measurements, MoEModel model, string name)
    {
        ArgumentNullException.ThrowIfNull(measurements);
        ArgumentNullException.ThrowIfNull(model);
        var faults = new InputFaults(name);
        MeasurementsCheck.Check(measurements, faults);
        faults.Require(model.Dimensions is not null, "model", model.Name, "a model with dimensions");
        faults.ThrowIfAny();
        var (nodes, ranksPerNode) = (measurements.Nodes, measurements.RanksPerNode);
        int? cores = measurements.CoresPerNode is { } given ? Math.Min(given, ranksPerNode) : null;
        var work = (cores ?? ranksPerNode) / (double)ranksPerNode;
        var experts = NonNegativeFit.Solve(
            [.. measurements.Experts.Select(m => new NonNegativeFit.Row([1, m.Experts, m.Pairs], work * m.Time.Median))]);
        var (dispatch, combine) = (Exchange(measurements, Dispatch), Exchange(measurements, Combine));
        var intraNode = Tier(ranksPerNode > 1, dispatch, combine, f => f.IntraNodeStartUp, f => f.IntraNodePerByte, r => r.IntraNode, measurements);
        var interNode = Tier(nodes > 1, dispatch, combine, f => f.InterNodeStartUp, f => f.InterNodePerByte, r => r.InterNode, measurements);
        var (near, far) = (intraNode ?? interNode ?? FittedTier.None, interNode ?? intraNode ?? FittedTier.None);
        var calibration = new Calibration(
            measurements.Model, measurements.ElementType, cores, Tokens(measurements.Attention, work),
            new ExpertTime(experts[0], experts[1], experts[2]), Tokens(measurements.Step, work),
            new ExchangeTime(near.Dispatch, far.Dispatch, Rate(dispatch.PerLocalByte, measurements, r => r.Local)),
            new ExchangeTime(near.Combine, far.Combine, Rate(combine.PerLocalByte, measurements, r => r.Local)), "");
        var source = "calibrate, " + measurements.Machine;
        var cluster = new Cluster(
            Cluster.FormatName, name, nodes, ranksPerNode, DeviceOf(measurements, model, calibration.Experts.Seconds / work),
            near.Link(source + (intraNode is null ? "; no rank has others on its node: as between nodes" : "; out of a rank, while all send")),
            far.Link(source + (interNode is null ? "; there is one node: as inside it" : "; out of a node, all its ranks together")),
            Fabric: nodes > 1 ? new Fabric(NicsPerNode: 1) : null, Calibration: calibration);
        cluster = cluster with { Calibration = calibration with { Source = $"{source}; {Quality(Rows(measurements, cluster))}" } };
        cluster.Check(faults);
        faults.ThrowIfAny();
        return cluster;
    }

    /// <summary>Every measurement beside what the calibration of a cluster makes of it.</summary>
    /// <param name="measurements">Of as many nodes and ranks as the cluster.</param>
    /// <param name="cluster">With a calibration.</param>
    public static ImmutableArray<CalibrationRow> Rows(CalibrationMeasurements measurements, Cluster cluster)
    {
        ArgumentNullException.ThrowIfNull(measurements);
        ArgumentNullException.ThrowIfNull(cluster);
        var c = cluster.Calibration ?? throw new ArgumentException("There is no calibration.", nameof(cluster));
        var turns = c.CoresPerNode is { } cores ? cluster.RanksPerNode / (double)cores : 1;
        return
        [
            .. measurements.Attention.Select(m => new CalibrationRow(
                $"attention, {m.Tokens} tokens, {m.ContextTokens} cached", m.Time.Median, turns * c.Attention.Of(m.Tokens, m.ContextTokens))),
            .. measurements.Experts.Select(m => new CalibrationRow(
                $"experts, {m.Pairs} pairs, {m.Experts} experts", m.Time.Median, turns * c.Experts.Of(m.Experts, m.Pairs))),
            .. measurements.Step.Select(m => new CalibrationRow(
                $"step, {m.Tokens} tokens", m.Time.Median, turns * c.Step.Of(m.Tokens, m.ContextTokens))),
            .. measurements.Exchanges.Select(m => new CalibrationRow(
                $"{m.Direction}, {m.Peers}, {m.BytesPerPeer} bytes to each", m.Time.Median,
                Seconds(m.Direction == Dispatch ? c.Dispatch : c.Combine, ExchangeFit.Row.Of(m, cluster.Nodes, cluster.RanksPerNode), cluster))),
        ];
    }

    private static double Seconds(ExchangeTime exchange, ExchangeFit.Row row, Cluster cluster) =>
        row.Local / exchange.LocalBytesPerSecond + Math.Max(
            cluster.RanksPerNode > 1 || cluster.Nodes == 1 ? TierSeconds(exchange.IntraNode, cluster.IntraNode, row.IntraNode) : 0,
            cluster.Nodes > 1 ? TierSeconds(exchange.InterNode, cluster.InterNode, row.InterNode) : 0);

    private static double TierSeconds(TierTime tier, Link link, double bytes) =>
        tier.StartUpSeconds + bytes / (tier.ShareOfLink * link.BandwidthBytesPerSecond);

    private static TokenTime Tokens(ImmutableArray<MeasuredTokens> rows, double work)
    {
        var x = NonNegativeFit.Solve(
            [.. rows.Select(m => new NonNegativeFit.Row([1, m.Tokens, (double)m.Tokens * m.ContextTokens], work * m.Time.Median))]);
        return new TokenTime(x[0], x[1], x[2]);
    }

    private static IEnumerable<ExchangeFit.Row> RowsOf(CalibrationMeasurements measurements, string? direction) => measurements.Exchanges
        .Where(m => direction is null || m.Direction == direction)
        .Select(m => ExchangeFit.Row.Of(m, measurements.Nodes, measurements.RanksPerNode));

    private static ExchangeFit Exchange(CalibrationMeasurements measurements, string direction) =>
        ExchangeFit.Of([.. RowsOf(measurements, direction)], measurements.RanksPerNode > 1, measurements.Nodes > 1);

    private static FittedTier? Tier(
        bool exists, ExchangeFit dispatch, ExchangeFit combine, Func<ExchangeFit, double> startUp, Func<ExchangeFit, double> perByte,
        Func<ExchangeFit.Row, double> bytes, CalibrationMeasurements measurements)
    {
        if (!exists)
            return null;
        var (there, back) = (Rate(perByte(dispatch), measurements, bytes), Rate(perByte(combine), measurements, bytes));
        var link = Math.Max(there, back);
        return new FittedTier(link, new TierTime(startUp(dispatch), there / link), new TierTime(startUp(combine), back / link));
    }

    private static double Rate(double perByte, CalibrationMeasurements measurements, Func<ExchangeFit.Row, double> bytes)
    {
        var rate = perByte > 0 ? 1 / perByte : FarAboveReached * RowsOf(measurements, null).Max(row => bytes(row) / row.Seconds);
        return rate > 0 ? Math.Clamp(rate, 1e3, MostBytesPerSecond) : MostBytesPerSecond;
    }

    private static Device DeviceOf(CalibrationMeasurements measurements, MoEModel model, double launchSeconds)
    {
        var d = model.Dimensions!;
        var assumed = ClusterPresets.Find("cpu-loopback")!.Device;
        var operations = 2.0 * d.MatricesPerExpert * d.HiddenSize * d.ExpertIntermediateSize;
        return new Device(
            "a rank of " + measurements.Machine,
            Math.Clamp(measurements.Experts.Max(m => m.Pairs * operations / m.Time.Median), 1e6, 1e21), assumed.MemoryBytes,
            Math.Clamp(measurements.Experts.Max(m => (double)m.Experts * d.ExpertBytes / m.Time.Median), 1e3, 1e18),
            Math.Min(launchSeconds * 1e9, 1e9),
            "calibrate: operations and bytes of weights a second as the experts of a layer reach them at best while all ranks are busy, and what "
            + "they take beside; memory is an assumption");
    }

    private static string Quality(ImmutableArray<CalibrationRow> rows)
    {
        var errors = rows.Select(row => Math.Abs(row.Error)).Order().ToArray();
        var worst = rows.MaxBy(row => Math.Abs(row.Error))!;
        return string.Create(CultureInfo.InvariantCulture,
            $"fitted to {rows.Length} medians, off by {errors[errors.Length / 2]:P1} in the median and {errors[^1]:P1} at worst ({worst.What})");
    }

    /// <summary>Both directions on one tier.</summary>
    /// <param name="BytesPerSecond">Of the link: what the faster direction reaches.</param>
    /// <param name="Dispatch">There.</param>
    /// <param name="Combine">And back.</param>
    private sealed record FittedTier(double BytesPerSecond, TierTime Dispatch, TierTime Combine)
    {
        /// <summary>Of a rank that has no peers.</summary>
        internal static FittedTier None { get; } = new(MostBytesPerSecond, new TierTime(0, 1), new TierTime(0, 1));

        internal Link Link(string source) =>
            new(BytesPerSecond, Math.Min((Dispatch.StartUpSeconds + Combine.StartUpSeconds) / 2 * 1e9, 1e9), source);
    }
}
