using MoEPlace.Simulation.Devices;

namespace MoEPlace.Benchmarks;

/// <summary>
/// What DeepEP's authors publish of its first version (docs/legacy.md, "Performance"): H800 with a ConnectX-7 each, 7,168 elements, top-8
/// of 256 experts, FP8 out and bfloat16 back. No constant is fitted to it; those of H100 are taken over as shares of H800's peaks.
/// </summary>
internal static class PublishedFigures
{
    private const int HiddenSize = 7168;
    private const int TopK = 8;
    private const int Experts = 256;
    private const int NormalTokens = 4096;
    private const int LowLatencyTokens = 128;

    /// <summary>Not stated there; what its example of the time asks for.</summary>
    private const int Sms = 24;

    // Nodes of 8, dispatch and combine in microseconds.
    private static readonly (int Nodes, double Dispatch, double Combine)[] LowLatency =
        [(1, 77, 114), (2, 118, 195), (4, 155, 273), (8, 173, 314), (16, 192, 369), (32, 194, 360)];

    // Nodes of 8, dispatch and combine in GB/s of the bottleneck, each counting the copies that stay on the node or on the rank.
    private static readonly (int Nodes, double Dispatch, double Combine)[] Normal = [(1, 153, 158), (2, 43, 43), (4, 58, 57), (8, 51, 50)];

    internal static void Tell()
    {
        Console.WriteLine("DeepEP as published, which no constant is fitted to (H800)");
        Console.WriteLine($"  {"",-30}{"dispatch",10}{"published",11}{"off",8}{"combine",12}{"published",11}{"off",8}");
        foreach (var (nodes, dispatch, combine) in LowLatency)
        {
            var ours = (LowLatencyMicroseconds(nodes, ExchangeDirection.Dispatch), LowLatencyMicroseconds(nodes, ExchangeDirection.Combine));
            Line($"low latency, EP{nodes * 8} (us)", ours, (dispatch, combine), nodes == 1 ? "   NVLink" : "");
        }
        foreach (var (nodes, dispatch, combine) in Normal)
        {
            var ours = (NormalGigabytes(nodes, ExchangeDirection.Dispatch), NormalGigabytes(nodes, ExchangeDirection.Combine));
            Line($"normal, EP{nodes * 8}, {Sms} SMs (GB/s)", ours, (dispatch, combine), nodes == 1 ? "   NVLink" : "");
        }
    }

    private static double LowLatencyMicroseconds(int nodes, ExchangeDirection direction)
    {
        var cluster = H800(nodes);
        var bytes = (double)ExchangeFormat.BytesPerCopy(direction, HiddenSize) * LowLatencyTokens * TopK;
        var transport = Transports.For(CollectiveLibrary.DeepEpLowLatency, direction, cluster, 1, bytes);
        return BalancedExchange.OfPairs(cluster, bytes).Seconds(transport) * 1e6;
    }

    private static double NormalGigabytes(int nodes, ExchangeDirection direction)
    {
        var cluster = H800(nodes);
        var copy = ExchangeFormat.BytesPerCopy(direction, HiddenSize);
        var exchange = BalancedExchange.OfNodeCopies(cluster, copy, NormalTokens, TopK, Experts, nodesPerToken: 4);
        var seconds = exchange.Seconds(Transports.For(CollectiveLibrary.DeepEpNormal, direction, cluster, Sms, 0));
        var counted = nodes == 1 ? exchange.IntraNodeBytes + exchange.LocalBytes : exchange.InterNodeBytes * nodes / (nodes - 1);
        return counted / seconds * 1e-9;
    }

    private static Cluster H800(int nodes) => ClusterPresets.Find("h800-8")! with { Nodes = nodes };

    private static void Line(string what, (double Dispatch, double Combine) ours, (double Dispatch, double Combine) theirs, string note) =>
        Console.WriteLine(
            $"  {what,-30}{ours.Dispatch,10:F0}{theirs.Dispatch,11:F0}{ours.Dispatch / theirs.Dispatch - 1,8:P0}"
            + $"{ours.Combine,12:F0}{theirs.Combine,11:F0}{ours.Combine / theirs.Combine - 1,8:P0}{note}");
}
