using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Ranks.Emulation;
using MoEPlace.Torch;

namespace MoEPlace.Cli;

/// <summary>On which ranks a job runs, and what this process is among them.</summary>
/// <param name="Ranks">All ranks.</param>
/// <param name="Virtual">Whether they are threads of this process.</param>
/// <param name="Environment">What a launcher told this process; null when it told nothing.</param>
/// <param name="Device">The device of this process.</param>
/// <param name="Port">Where ranks meet that this process starts; 0 for any port.</param>
/// <param name="Timeout">How long they may take to meet.</param>
/// <param name="Emulation">The nodes that launched ranks stand on; null for this machine as it is.</param>
internal sealed record RankStart(
    int Ranks, bool Virtual, RankEnvironment? Environment, TorchDevice Device, int Port, TimeSpan Timeout, NodeEmulation? Emulation = null)
{
    /// <summary>How often launched ranks are started anew after one was lost.</summary>
    internal int Restarts { get; init; }

    /// <summary>Whether ranks that this process starts are timed (<see cref="RankLaunchOptions.Steady"/>).</summary>
    internal bool Steady { get; init; }

    /// <summary>How many nodes the ranks stand on, as many on each; 1 where that is not so.</summary>
    internal int Nodes => Emulation?.Nodes ?? (Environment is { } told && told.Size % told.LocalSize == 0 ? told.Size / told.LocalSize : 1);

    /// <summary>Whether this process starts ranks, which do the work.</summary>
    internal bool Launches => Ranks > 1 && !Virtual && Environment is null;

    /// <summary>Whether this process has results to show and files to begin: it is not one of several ranks but the first.</summary>
    internal bool Leads => Environment is null or { Rank: 0 };

    /// <summary>Does the work on every rank, or starts the ranks that do it.</summary>
    /// <param name="work">What a rank does.</param>
    /// <param name="tell">Shows the result, where this process is to.</param>
    /// <param name="terminal">Where what launched ranks say is passed on.</param>
    /// <param name="cancellation">Ends all.</param>
    /// <param name="patience">How long launched ranks may then take to put away what they reached.</param>
    /// <returns>The exit code.</returns>
    internal int Run<T>(
        Func<IRankGroup, T> work, Action<T> tell, Terminal terminal, CancellationToken cancellation, TimeSpan patience = default)
    {
        if (Launches)
            return Launch(terminal, patience, cancellation);
        T result;
        if (Environment is null)
            result = VirtualRanks.Run(Ranks, work)[0];
        else
        {
            torch.set_num_threads(Math.Max(1, System.Environment.ProcessorCount / Environment.LocalSize));
            using var group = Rendezvous.Join(Environment, Device, Timeout, cancellation);
            result = work(group);
            // Nobody leaves before all are done: a rank that is gone looks like one that failed.
            group.Barrier();
        }
        if (Leads)
            tell(result);
        return 0;
    }

    private int Launch(Terminal terminal, TimeSpan patience, CancellationToken cancellation)
    {
        var options = RankLaunchOptions.OfThisProgram(Ranks) with
        {
            Port = Port,
            RendezvousTimeout = Timeout,
            Patience = patience,
            Restarts = Restarts,
            Steady = Steady,
        };
        using var nodes = Emulation is null ? null : EmulatedNodes.Create(Emulation.Nodes, Emulation.LinkBytesPerSecond);
        var result = RankLauncher.Run(
            nodes?.Place(options) ?? options, (rank, line) => terminal.Error($"[rank {rank}] {line}"), cancellation,
            (restart, failure) => terminal.Error(FormattableString.Invariant($"note: {failure}; restart {restart} of {Restarts}")));
        if (result.Failure is { } failure)
            terminal.Error($"failed: {failure}");
        else
            terminal.Line(result.Output.TrimEnd('\n'));
        return result.ExitCode;
    }
}
