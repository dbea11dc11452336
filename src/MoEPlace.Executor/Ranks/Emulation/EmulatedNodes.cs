using System.Collections.Immutable;
using System.Globalization;
using System.Net.NetworkInformation;

namespace MoEPlace.Executor.Ranks.Emulation;

/// <summary>
/// Nodes that the kernel of this machine makes of itself: a network namespace each, with one adapter, joined by a bridge; each adapter carries
/// so many bytes a second out and in (a token bucket, tc-tbf(8)). Ranks of a node reach each other without it. The nodes divide the cores of
/// this machine where there are enough. Needs Linux, the right to administer networks, and iproute2.
/// </summary>
public sealed class EmulatedNodes : IDisposable
{
    /// <summary>The most nodes.</summary>
    public const int MostNodes = 16;

    /// <summary>How they are made, for people.</summary>
    public const string InWords =
        "network namespaces of one machine, each with a part of its cores, joined by a bridge of limited links; senders use TCP Reno without slow "
        + "start after a pause";

    /// <summary>The slowest link: 1 Mbit/s.</summary>
    public const double LeastBytesPerSecond = 125_000;

    /// <summary>The fastest limit of a link: 100 Gbit/s.</summary>
    public const double MostBytesPerSecond = 12.5e9;

    // A bucket of two frames, or of what passes while a timer is late: what was not sent in time is not caught up with later.
    private const double LeastBucket = 3_200;
    private const double TimerLateSeconds = 50e-6;

    // Nothing is dropped: a frame that is lost costs the 200 ms after which TCP sends it again.
    private const int QueueBytes = 256_000_000;

    private static readonly Lazy<string?> WhyNotHere = new(TryOut);
    private static int made;
    private readonly NetworkNames names;

    private EmulatedNodes(NetworkNames names, int count, string host) => (this.names, Count, Host) = (names, count, host);

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>The address of this process on the bridge, which all nodes reach.</summary>
    public string Host { get; }

    /// <summary>Tells why this machine makes no such nodes, or null where it does.</summary>
    public static string? WhyNot() => WhyNotHere.Value;

    /// <summary>Makes nodes; whatever a process left behind that was killed goes first.</summary>
    /// <param name="count">1 to <see cref="MostNodes"/>.</param>
    /// <param name="linkBytesPerSecond">What each adapter carries, one direction; null for as much as it can.</param>
    /// <exception cref="IOException">The kernel refuses; nothing is left.</exception>
    public static EmulatedNodes Create(int count, double? linkBytesPerSecond = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MostNodes);
        NetworkNames.RemoveAbandoned();
        var names = new NetworkNames(Environment.ProcessId, Interlocked.Increment(ref made));
        var network = FreeNetwork();
        var nodes = new EmulatedNodes(names, count, network + "254");
        try
        {
            nodes.Build(network);
            nodes.CalmTransport();
            nodes.SetLink(linkBytesPerSecond);
            return nodes;
        }
        catch
        {
            nodes.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Senders of the nodes go by acknowledgements alone (Reno) and stay as fast when they have paused: others (BBR) probe the link by
    /// the clock, which would show in the steps of a job as if the link itself were unsteady.
    /// </summary>
    private void CalmTransport()
    {
        for (var node = 0; node < Count; node++)
        {
            Inside(node, () =>
            {
                File.WriteAllText("/proc/sys/net/ipv4/tcp_congestion_control", "reno");
                File.WriteAllText("/proc/sys/net/ipv4/tcp_slow_start_after_idle", "0");
                return true;
            });
        }
    }

    /// <summary>Limits every adapter anew, in both directions.</summary>
    /// <param name="bytesPerSecond"><see cref="LeastBytesPerSecond"/> to <see cref="MostBytesPerSecond"/>, frames and their headers counted;
    /// null for no limit.</param>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public void SetLink(double? bytesPerSecond)
    {
        if (bytesPerSecond is { } rate)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(rate, LeastBytesPerSecond);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(rate, MostBytesPerSecond);
            var bucket = Math.Max(LeastBucket, rate * TimerLateSeconds);
            var limit = string.Create(
                CultureInfo.InvariantCulture, $"root tbf rate {rate:F0}bps burst {bucket:F0} limit {QueueBytes}");
            for (var node = 0; node < Count; node++)
            {
                NetworkCommand.Run($"tc -n {names.Node(node)} qdisc replace dev eth0 {limit}");
                NetworkCommand.Run($"tc qdisc replace dev {names.Port(node)} {limit}");
            }
            return;
        }
        // An adapter that has no limit has nothing to remove, and says so.
        for (var node = 0; node < Count; node++)
        {
            NetworkCommand.Try($"tc -n {names.Node(node)} qdisc del dev eth0 root");
            NetworkCommand.Try($"tc qdisc del dev {names.Port(node)} root");
        }
    }

    /// <summary>What the adapter of a node has carried since it was made.</summary>
    /// <param name="node">0 to <see cref="Count"/> - 1.</param>
    public AdapterBytes Carried(int node)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(node);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(node, Count);
        // Seen from the bridge, what the node sends is received.
        return new AdapterBytes(Counter("rx_bytes"), Counter("tx_bytes"));

        long Counter(string name) => long.Parse(
            File.ReadAllText($"/sys/class/net/{names.Port(node)}/statistics/{name}"), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
    }

    /// <summary>Puts ranks on the nodes: as many on each, the first ones on the first.</summary>
    /// <param name="options">What is started; its ranks are a multiple of the nodes.</param>
    public RankLaunchOptions Place(RankLaunchOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Ranks % Count != 0)
            throw new ArgumentException($"{options.Ranks} ranks on {Count} nodes", nameof(options));
        var (each, cores) = (options.Ranks / Count, ProcessorCores.Allowed());
        return options with
        {
            Host = Host,
            Seats = [.. Enumerable.Range(0, options.Ranks).Select(rank => Seat(rank / each, rank % each))],
        };

        RankSeat Seat(int node, int local)
        {
            ImmutableArray<string> inside = ["ip", "netns", "exec", names.Node(node)];
            if (cores.Length < Count)
                return new RankSeat(inside, local, each, 1);
            var own = cores[(node * cores.Length / Count)..((node + 1) * cores.Length / Count)];
            return new RankSeat([.. inside, "taskset", "-c", string.Join(',', own)], local, each, own.Length);
        }
    }

    /// <summary>Does something inside a node: sockets that it makes are the node's.</summary>
    /// <param name="node">0 to <see cref="Count"/> - 1.</param>
    /// <param name="work">What is done, on a thread of its own.</param>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public T Inside<T>(int node, Func<T> work) => NetworkNamespace.Run(names.Node(node), work);

    /// <summary>Removes the nodes and all that joined them.</summary>
    public void Dispose() => names.Remove(Count);

    private void Build(string network)
    {
        names.Remove(Count);
        NetworkCommand.Run($"ip link add {names.Bridge} type bridge");
        KeepQuiet(null, names.Bridge);
        NetworkCommand.Run($"ip addr add {Host}/24 dev {names.Bridge}");
        NetworkCommand.Run($"ip link set {names.Bridge} up");
        for (var node = 0; node < Count; node++)
        {
            var (name, port) = (names.Node(node), names.Port(node));
            NetworkCommand.Run($"ip netns add {name}");
            NetworkCommand.Run($"ip link add {port} type veth peer name eth0 netns {name}");
            KeepQuiet(null, port);
            KeepQuiet(name, "eth0");
            NetworkCommand.Run($"ip link set {port} master {names.Bridge} up");
            NetworkCommand.Run(string.Create(CultureInfo.InvariantCulture, $"ip -n {name} addr add {network}{node + 1}/24 dev eth0"));
            NetworkCommand.Run($"ip -n {name} link set lo up");
            NetworkCommand.Run($"ip -n {name} link set eth0 up");
        }
    }

    /// <summary>An adapter without an address of IPv6 announces nothing by itself.</summary>
    private static void KeepQuiet(string? node, string adapter)
    {
        if (Directory.Exists("/proc/sys/net/ipv6"))
            NetworkCommand.Run($"ip {(node is null ? "" : $"-n {node} ")}link set {adapter} addrgenmode none");
    }

    /// <summary>The first three numbers of addresses that nobody on this machine has.</summary>
    private static string FreeNetwork()
    {
        var taken = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(adapter => adapter.GetIPProperties().UnicastAddresses)
            .Select(one => one.Address.ToString()).ToArray();
        for (var i = 0; i < 256; i++)
        {
            var network = string.Create(CultureInfo.InvariantCulture, $"10.77.{(Environment.ProcessId + i) % 256}.");
            if (!Array.Exists(taken, address => address.StartsWith(network, StringComparison.Ordinal)))
                return network;
        }
        throw new IOException("all networks of 10.77.0.0/16 are taken");
    }

    private static string? TryOut()
    {
        if (!OperatingSystem.IsLinux())
            return "nodes are emulated with network namespaces, which are Linux's";
        foreach (var tool in new[] { "ip -V", "tc -V", "taskset -V" })
            if (NetworkCommand.Try(tool) is { } missing)
                return $"{missing} (iproute2 and util-linux bring it)";
        try
        {
            using var nodes = Create(1, MostBytesPerSecond);
            return NetworkCommand.Try($"ip netns exec {nodes.names.Node(0)} true");
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }
}
