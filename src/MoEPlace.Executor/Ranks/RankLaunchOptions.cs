using System.Collections.Immutable;

namespace MoEPlace.Executor.Ranks;

/// <summary>What a launcher starts.</summary>
public sealed record RankLaunchOptions
{
    /// <summary>The longest that ranks may be waited for, in seconds.</summary>
    public const double MostTimeoutSeconds = 86_400;

    /// <summary>The program that every rank runs.</summary>
    public required string Program { get; init; }

    /// <summary>Its arguments.</summary>
    public required ImmutableArray<string> Arguments { get; init; }

    /// <summary>Ranks, 1 to 4,096.</summary>
    public required int Ranks { get; init; }

    /// <summary>Where each rank runs, by rank; empty for all of them side by side on this machine. Default: empty.</summary>
    public ImmutableArray<RankSeat> Seats { get; init; } = [];

    /// <summary>The address at which ranks reach the rendezvous, which this process serves. Default: 127.0.0.1.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port of the rendezvous on this machine; 0 for any that is free. Default: 0.</summary>
    public int Port { get; init; }

    /// <summary>How often all ranks are started anew after one has failed; those that found their input bad are not. Default: 0.</summary>
    public int Restarts { get; init; }

    /// <summary>How long all ranks may take to join. Default: 60 s.</summary>
    public TimeSpan RendezvousTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long ranks may take, when all is cancelled, to put away what they reached: SIGTERM asks them to. Default: no time.</summary>
    public TimeSpan Patience { get; init; }

    /// <summary>
    /// Whether ranks compile each of their methods once, at first use: they begin a second later, but no compiler takes turns with the steps
    /// that are to be timed. Default: false.
    /// </summary>
    public bool Steady { get; init; }

    /// <summary>How long ranks have to end by themselves before they are killed. Default: 5 s.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>This program once more, for ranks that find their numbers in the environment.</summary>
    /// <param name="ranks">Ranks.</param>
    /// <param name="arguments">Its arguments; null for those that this process was given.</param>
    public static RankLaunchOptions OfThisProgram(int ranks, IEnumerable<string>? arguments = null)
    {
        var program = Environment.ProcessPath ?? throw new RankLossException("the system does not tell which program this is");
        var command = Environment.GetCommandLineArgs();
        // Under `dotnet moeplace.dll` the file comes first; a program of its own repeats its name there.
        var hosted = Path.GetFileNameWithoutExtension(program) == "dotnet";
        return new RankLaunchOptions
        {
            Program = program,
            Arguments = [.. hosted ? [System.Reflection.Assembly.GetEntryAssembly()!.Location] : Array.Empty<string>(), .. arguments ?? command[1..]],
            Ranks = ranks,
        };
    }

    /// <summary>Where a rank runs.</summary>
    internal RankSeat SeatOf(int rank) => Seats.Length > 0 ? Seats[rank] : new RankSeat([], rank, Ranks, Environment.ProcessorCount);
}
