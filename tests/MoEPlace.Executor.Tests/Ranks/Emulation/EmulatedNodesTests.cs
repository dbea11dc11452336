using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Ranks.Emulation;
using Xunit;

namespace MoEPlace.Executor.Tests.Ranks.Emulation;

/// <summary>Nodes that are network namespaces. Skipped, with the reason, where the kernel makes none.</summary>
public sealed class EmulatedNodesTests
{
    [Fact]
    public void What_is_made_is_removed()
    {
        SkipWithoutNodes();
        var before = Parts();
        using (var nodes = EmulatedNodes.Create(3, 1e6))
            Assert.Equal(3 + 3 + 1, Parts().Except(before).Count(name => name.StartsWith(Own, StringComparison.Ordinal)));
        Assert.DoesNotContain(Parts().Except(before), name => name.StartsWith(Own, StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_killed_process_left_goes_when_the_next_is_made()
    {
        SkipWithoutNodes();
        using var gone = Process.Start("true");
        gone.WaitForExit();
        var (bridge, port, name) = ($"mp{gone.Id}e1b", $"mp{gone.Id}e1p0", $"mp{gone.Id}e1n0");
        foreach (var line in new[] { $"link add {bridge} type bridge", $"netns add {name}", $"link add {port} type veth peer name eth0 netns {name}" })
            Assert.Equal("", Ip(line));
        Assert.Equal(3, Parts().Intersect([bridge, port, name]).Count());
        EmulatedNodes.Create(1).Dispose();
        Assert.Empty(Parts().Intersect([bridge, port, name]));
    }

    [Fact]
    public void Links_are_limited_in_both_directions_and_anew()
    {
        SkipWithoutNodes();
        using var nodes = EmulatedNodes.Create(2, 12.5e6);
        Assert.Equal(4, Limits(nodes).Count(line => line.Contains("rate 100Mbit", StringComparison.Ordinal)));
        nodes.SetLink(125e6);
        Assert.Equal(4, Limits(nodes).Count(line => line.Contains("rate 1Gbit", StringComparison.Ordinal)));
        nodes.SetLink(null);
        nodes.SetLink(null);
        Assert.DoesNotContain(Limits(nodes), line => line.Contains("tbf", StringComparison.Ordinal));
    }

    [Fact]
    public void Ranks_stand_on_their_nodes_with_cores_of_their_own()
    {
        SkipWithoutNodes();
        using var nodes = EmulatedNodes.Create(2);
        var told = new string[4];
        const string script = "echo $RANK $LOCAL_RANK/$LOCAL_WORLD_SIZE $MASTER_ADDR $(ip -4 -o addr show eth0 | cut -d' ' -f7) "
            + "$(sed -n 's/Cpus_allowed_list:.//p' /proc/self/status) >&2";
        var result = RankLauncher.Run(
            nodes.Place(new RankLaunchOptions { Program = "/bin/sh", Arguments = ["-c", script], Ranks = 4 }),
            (rank, line) => told[rank] = line, TestContext.Current.CancellationToken);
        Assert.Equal(new RankLaunchResult(0, "", null), result);
        var words = told.Select(line => line.Split(' ')).ToArray();
        Assert.Equal(["0 0/2", "1 1/2", "2 0/2", "3 1/2"], words.Select(line => $"{line[0]} {line[1]}"));
        Assert.All(words, line => Assert.Equal(nodes.Host, line[2]));
        Assert.Equal(["1/24", "1/24", "2/24", "2/24"], words.Select(line => line[3].Split('.')[3]));
        Assert.Equal(words[0][4], words[1][4]);
        if (ProcessorCores.Allowed().Length > 1)
            Assert.NotEqual(words[0][4], words[2][4]);
    }

    [Fact]
    public async Task Adapters_count_what_leaves_the_node_and_nothing_else()
    {
        SkipWithoutNodes();
        const int bytes = 1_000_000;
        using var nodes = EmulatedNodes.Create(2, 125e6);
        using var listener = new TcpListener(IPAddress.Parse(nodes.Host), 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var seat = nodes.Place(new RankLaunchOptions { Program = "", Arguments = [], Ranks = 2 }).Seats[0].Before;
        using var sender = Process.Start(
            seat[0], [.. seat[1..], "bash", "-c", $"head -c {bytes} /dev/zero > /dev/tcp/{nodes.Host}/{port}"]);
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var got = 0L;
        var buffer = new byte[65_536];
        for (int read; (read = await client.GetStream().ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0;)
            got += read;
        await sender.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(bytes, got);
        Assert.InRange(nodes.Carried(0).Sent, bytes, bytes * 1.1);
        Assert.InRange(nodes.Carried(0).Received, 1, bytes * 0.1);
        Assert.InRange(nodes.Carried(1).Sent + nodes.Carried(1).Received, 0, bytes * 0.01);
    }

    [Fact]
    public void Sockets_that_are_made_inside_a_node_are_its_own_and_others_are_not()
    {
        SkipWithoutNodes();
        using var nodes = EmulatedNodes.Create(2);
        for (var node = 0; node < 2; node++)
            Assert.Equal(node + 1, nodes.Inside(node, OwnAddress)[3]);
        Assert.Equal(nodes.Host, new IPAddress(OwnAddress()).ToString());
        Assert.Throws<InvalidTimeZoneException>(() => nodes.Inside<int>(0, () => throw new InvalidTimeZoneException()));

        byte[] OwnAddress()
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(nodes.Host, 1);
            return ((IPEndPoint)socket.LocalEndPoint!).Address.GetAddressBytes();
        }
    }

    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("0-2,5,7-8", new[] { 0, 1, 2, 5, 7, 8 })]
    public void Lists_of_cores_are_read(string list, int[] cores) => Assert.Equal(cores, ProcessorCores.Parse(list));

    private static string Own => string.Create(CultureInfo.InvariantCulture, $"mp{Environment.ProcessId}e");

    private static void SkipWithoutNodes() => Assert.SkipWhen(EmulatedNodes.WhyNot() is not null, $"no emulated nodes: {EmulatedNodes.WhyNot()}");

    private static string[] Parts() =>
    [
        .. new[] { "/sys/class/net", "/run/netns" }.Where(Directory.Exists).SelectMany(Directory.EnumerateFileSystemEntries)
            .Select(path => Path.GetFileName(path)!),
    ];

    private static string[] Limits(EmulatedNodes nodes)
    {
        var name = nodes.Place(new RankLaunchOptions { Program = "", Arguments = [], Ranks = 2 }).Seats[0].Before[3];
        var prefix = name[..^2];
        return
        [
            .. Read("tc", "qdisc show").Split('\n').Where(line => line.Contains($"dev {prefix}p", StringComparison.Ordinal)),
            .. Read("tc", $"-n {prefix}n0 qdisc show dev eth0").Split('\n'),
            .. Read("tc", $"-n {prefix}n1 qdisc show dev eth0").Split('\n'),
        ];
    }

    private static string Ip(string arguments) => Read("ip", arguments);

    private static string Read(string program, string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output + error.GetAwaiter().GetResult();
    }
}
