using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Ranks.Emulation;

namespace MoEPlace.Cli;

/// <summary>Runs other verbs of this program, each on ranks that are started for it.</summary>
/// <param name="ranks">Ranks.</param>
/// <param name="nodes">The nodes that they stand on; null for this machine as it is.</param>
/// <param name="terminal">Where what they say goes.</param>
internal sealed class RankProgram(int ranks, EmulatedNodes? nodes, Terminal terminal)
{
    /// <summary>Runs a verb to its end.</summary>
    /// <param name="arguments">The verb and what follows it, without the options of ranks.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What rank 0 wrote to standard output.</returns>
    /// <exception cref="RankLossException">A rank failed; what it said is told.</exception>
    internal string Run(IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var options = RankLaunchOptions.OfThisProgram(ranks, arguments) with { Steady = true };
        var result = RankLauncher.Run(
            nodes?.Place(options) ?? options, (rank, line) => terminal.Error($"[{arguments[0]}, rank {rank}] {line}"), cancellation);
        return result.Failure is null ? result.Output : throw new RankLossException($"{arguments[0]}: {result.Failure}");
    }
}
