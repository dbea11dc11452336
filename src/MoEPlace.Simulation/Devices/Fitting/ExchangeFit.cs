using MoEPlace.Results;

namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>
/// Fits one direction of the exchange: local bytes first, then the slower of both tiers, each start-up + seconds per byte x bytes. Every
/// exchange starts on each tier that the ranks have: counts travel though no payload does.
/// </summary>
internal sealed record ExchangeFit(
    double IntraNodeStartUp, double IntraNodePerByte, double InterNodeStartUp, double InterNodePerByte, double PerLocalByte)
{
    private const int MostRounds = 50;

    /// <summary>What an exchange sends through the ports that limit it.</summary>
    /// <param name="IntraNode">Out of a rank to others of its node.</param>
    /// <param name="InterNode">Out of a node: its ranks share one adapter.</param>
    /// <param name="Local">From a rank to itself.</param>
    /// <param name="Seconds">What it took.</param>
    internal readonly record struct Row(double IntraNode, double InterNode, double Local, double Seconds)
    {
        /// <summary>A measurement on a machine.</summary>
        internal static Row Of(MeasuredExchange measured, int nodes, int ranksPerNode)
        {
            double bytes = measured.BytesPerPeer;
            var everyone = measured.Peers == CalibrationFit.All;
            return new Row(
                everyone || measured.Peers == CalibrationFit.IntraNode ? bytes * (ranksPerNode - 1) : 0,
                everyone || measured.Peers == CalibrationFit.InterNode ? bytes * ranksPerNode * ranksPerNode * (nodes - 1) : 0,
                measured.Peers == CalibrationFit.Itself ? bytes : 0,
                measured.Time.Median);
        }
    }

    /// <summary>
    /// Fits by turns: which tier each row waits for, and the coefficients given that, until no row changes; the best of all rounds.
    /// </summary>
    /// <param name="rows">At least one.</param>
    /// <param name="intraNode">Whether a rank has others on its node.</param>
    /// <param name="interNode">Whether there are other nodes.</param>
    internal static ExchangeFit Of(IReadOnlyList<Row> rows, bool intraNode, bool interNode)
    {
        bool[] waits = [.. rows.Select(row => interNode && (!intraNode || row.InterNode > 0 || row.IntraNode == 0))];
        ExchangeFit? best = null;
        var cost = double.PositiveInfinity;
        for (var round = 0; round < MostRounds; round++)
        {
            var x = NonNegativeFit.Solve([.. rows.Select((row, i) => new NonNegativeFit.Row(
                waits[i] ? [0, 0, 1, row.InterNode, row.Local] : [1, row.IntraNode, 0, 0, row.Local], row.Seconds))]);
            var fit = new ExchangeFit(x[0], x[1], x[2], x[3], x[4]);
            var reached = rows.Sum(row => Math.Pow(fit.Seconds(row) / row.Seconds - 1, 2));
            if (reached < cost)
                (best, cost) = (fit, reached);
            if (!intraNode || !interNode)
                break;
            bool[] next = [.. rows.Select(row => fit.InterNodeSeconds(row) >= fit.IntraNodeSeconds(row))];
            if (next.SequenceEqual(waits))
                break;
            waits = next;
        }
        return best!;
    }

    /// <summary>The time of an exchange.</summary>
    internal double Seconds(Row row) => PerLocalByte * row.Local + Math.Max(IntraNodeSeconds(row), InterNodeSeconds(row));

    private double IntraNodeSeconds(Row row) => IntraNodeStartUp + IntraNodePerByte * row.IntraNode;

    private double InterNodeSeconds(Row row) => InterNodeStartUp + InterNodePerByte * row.InterNode;
}
