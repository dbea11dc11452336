using MoEPlace.Simulation.Kernel;
using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Streams;

/// <summary>Runs a program on the ranks and the network of a cluster.</summary>
public static class ProgramRun
{
    private const int MostNamed = 4;

    /// <summary>Runs it to its end.</summary>
    /// <param name="program">Of as many ranks as the cluster.</param>
    /// <param name="cluster">Checked.</param>
    /// <param name="limits">When to stop a model that does not end; null for the defaults.</param>
    /// <param name="recordLinks">Whether to tell when links were busy.</param>
    /// <param name="cancellation">Stops between messages.</param>
    /// <exception cref="StoppedModelException">It does not end: the message names the operations and ranks that hang.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static StepRecording Run(
        StepProgram program, Cluster cluster, SimulationLimits? limits = null, bool recordLinks = false,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentOutOfRangeException.ThrowIfNotEqual(cluster.Ranks, program.Ranks);
        var recording = new StepRecording(program);
        var system = new ActorSystem(limits);
        var network = new FlowNetwork(cluster, program.Exchanges, recordLinks);
        var networkRef = system.ActorOf(new Props("network", () => network));
        for (var rank = 0; rank < program.Ranks; rank++)
        {
            var actor = new RankActor(program, rank, recording, networkRef);
            system.Tell(system.ActorOf(new Props($"rank {rank}", () => actor)), StepStart.Message, SimTime.Zero);
        }
        var (events, _) = system.Run(cancellation: cancellation);
        RequireEnd(recording);
        recording.Finish(events, network.Links, network.Use());
        return recording;
    }

    private static void RequireEnd(StepRecording recording)
    {
        var (program, faults) = (recording.Program, new List<string>());
        for (var id = 0; id < program.Operations.Length; id++)
        {
            var operation = program.Operations[id];
            var (waiting, missing) = (new List<int>(), new List<int>());
            for (var rank = 0; rank < program.Ranks; rank++)
            {
                if (!recording.HasStarted(id, rank))
                    missing.Add(rank);
                else if (!recording.HasEnded(id, rank))
                    waiting.Add(rank);
            }
            if (waiting.Count == 0)
                continue;
            faults.Add(operation.Kind == OperationKind.Exchange && missing.Count > 0
                ? $"{operation.Name} waits for {Name(missing)}"
                : $"{operation.Name} never ends on {Name(waiting)}");
        }
        if (faults.Count > 0)
        {
            var more = faults.Count > MostNamed ? "; …" : "";
            throw new StoppedModelException("the step does not end: " + string.Join("; ", faults.Take(MostNamed)) + more);
        }

        static string Name(List<int> ranks)
        {
            var more = ranks.Count > MostNamed ? $" and {ranks.Count - MostNamed} more" : "";
            return $"rank{(ranks.Count > 1 ? "s" : "")} {string.Join(", ", ranks.Take(MostNamed))}{more}";
        }
    }
}
