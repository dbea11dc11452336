using System.CommandLine;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Ranks.Emulation;

namespace MoEPlace.Cli;

/// <summary>The options that say on which ranks a job runs.</summary>
internal sealed class RankOptions
{
    private const int MostThreads = 256;
    private readonly Option<int?> ranks = new("--ranks")
    {
        Description = "Ranks to start on this machine, a process each. Default: what torchrun or srun tell this process, else 1.",
    };
    private readonly Option<int?> virtualRanks = new("--virtual-ranks") { Description = "Ranks that are threads of this process, to debug with." };
    private readonly Option<string> device = new("--device")
    {
        Description = "cpu, cuda (each rank a device of its own), cuda:N, or auto: cuda where there are enough.",
        DefaultValueFactory = _ => "auto",
    };
    private readonly Option<int> port = new("--port")
    {
        Description = "The port where --ranks meet; 0 for one that is free.",
        DefaultValueFactory = _ => 0,
    };
    private readonly Option<double> timeout = new("--rendezvous-timeout")
    {
        Description = "Seconds that all ranks may take to join.",
        DefaultValueFactory = _ => 60,
    };

    private readonly Option<int?> emulateNodes = new("--emulate-nodes")
    {
        Description = "Stand the --ranks on so many nodes that this machine makes of itself: network namespaces, the cores divided among them. "
            + "Linux, as root.",
    };
    private readonly Option<double?> linkRate = new("--link-rate")
    {
        Description = "What the link of each of --emulate-nodes carries in a direction, in Mbit/s; default: as much as it can.",
    };

    /// <summary>Gives a verb these options.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { ranks, virtualRanks, device, port, timeout, emulateNodes, linkRate })
            command.Options.Add(option);
    }

    /// <summary>What was asked for, or what a launcher tells; null when there were faults, which are noted.</summary>
    public RankStart? Read(ParseResult parsed, InputFaults faults)
    {
        var (processes, threads, seconds) = (parsed.GetValue(ranks), parsed.GetValue(virtualRanks), parsed.GetValue(timeout));
        const int most = RankEnvironment.MostRanks;
        faults.Require(processes is null or >= 1 and <= most, "--ranks", processes, $"1 to {most}");
        faults.Require(threads is null or >= 1 and <= MostThreads, "--virtual-ranks", threads, $"1 to {MostThreads}");
        faults.Require(processes is null || threads is null, "--virtual-ranks", threads, "not together with --ranks");
        faults.Require(parsed.GetValue(port) is >= 0 and <= ushort.MaxValue, "--port", parsed.GetValue(port), "0 to 65535");
        var inTime = faults.Require(
            seconds is > 0 and <= RankLaunchOptions.MostTimeoutSeconds, "--rendezvous-timeout", seconds, "above 0, at most 86,400 seconds");
        var told = threads is null ? Told(processes, faults) : null;
        if (told is not null)
            faults.Require(processes is null || processes == told.Size, "--ranks", processes, $"{told.Size}, as WORLD_SIZE says");
        var emulation = ReadEmulation(parsed, told, faults);
        var local = told?.LocalSize ?? processes ?? 1;
        var place = faults.Try(() => RankDevice.Of(parsed.GetValue(device)!, local, told?.LocalRank ?? 0));
        return place is null || !inTime
            ? null
            : new RankStart(
                threads ?? told?.Size ?? processes ?? 1, threads is not null, told, place.Device, parsed.GetValue(port),
                TimeSpan.FromSeconds(seconds), emulation);
    }

    /// <summary>The nodes that are to be made; null where none are.</summary>
    private NodeEmulation? ReadEmulation(ParseResult parsed, RankEnvironment? told, InputFaults faults)
    {
        const double bytesOfMegabit = 125_000;
        var (nodes, processes, rate) = (parsed.GetValue(emulateNodes), parsed.GetValue(ranks), parsed.GetValue(linkRate));
        faults.Require(
            rate is null || rate * bytesOfMegabit is >= EmulatedNodes.LeastBytesPerSecond and <= EmulatedNodes.MostBytesPerSecond,
            "--link-rate", rate, "1 to 100,000 Mbit/s");
        faults.Require(rate is null || nodes is not null, "--link-rate", rate, "only with --emulate-nodes");
        if (nodes is null
            || !faults.Require(nodes is >= 1 and <= EmulatedNodes.MostNodes, "--emulate-nodes", nodes, $"1 to {EmulatedNodes.MostNodes}")
            || !faults.Require(processes % nodes == 0, "--emulate-nodes", nodes, "a divisor of --ranks, which it needs")
            || !faults.Require(
                told is null || LauncherPipe.IsHeld, "--emulate-nodes", nodes,
                "only where this program starts the ranks, not torchrun or srun"))
            return null;
        // A rank stands on its node already.
        if (told is null && EmulatedNodes.WhyNot() is { } why)
            faults.Add("--emulate-nodes", nodes, $"a machine that makes nodes; this one does not: {why}");
        return new NodeEmulation(nodes.Value, rate * bytesOfMegabit);
    }

    /// <summary>What the environment says of this process. In a job of Slurm, --ranks starts ranks of its own.</summary>
    private static RankEnvironment? Told(int? processes, InputFaults faults) =>
        processes is not null && Environment.GetEnvironmentVariable("RANK") is null ? null : faults.Try(RankEnvironment.Read);
}
