using MoEPlace.Simulation.Kernel;

namespace MoEPlace.Simulation.Tests.Kernel;

/// <summary>
/// A random model of few instants, so that events often meet: zero delays, priorities, fan-out, partitions connected or not.
/// </summary>
internal sealed class RandomModel
{
    private readonly int[] partitionOf;
    private readonly long[,] lookahead;
    private bool keepsTold;

    /// <param name="seed">Of the model and of its actors' draws.</param>
    /// <param name="limits">Null for the defaults.</param>
    /// <param name="failing">How many actors throw at some message.</param>
    internal RandomModel(long seed, SimulationLimits? limits = null, int failing = 0)
    {
        var random = new SeedStream(seed, "model");
        var partitions = 1 + random.Next(6);
        partitionOf = [.. Enumerable.Range(0, 1 + random.Next(16)).Select(_ => random.Next(partitions))];
        lookahead = new long[partitions, partitions];
        System = new ActorSystem(limits, seed);
        for (var a = 0; a < partitions; a++)
        {
            for (var b = 0; b < a; b++)
            {
                if (random.Next(4) == 0)
                    continue;
                lookahead[a, b] = lookahead[b, a] = 1 + random.Next(random.Next(2) == 0 ? 3 : 40);
                System.Connect(a, b, new SimTime(lookahead[a, b]));
            }
        }
        for (var i = 0; i < partitionOf.Length; i++)
        {
            var failsAt = i >= failing ? 0 : 1 + random.Next(20);
            System.ActorOf(new Props($"actor {i}", () => new Talker(this, System.Random("talk", i), failsAt), partitionOf[i]));
        }
        for (var i = 0U; i < 8; i++)
        {
            var (at, priority) = (new SimTime(random.Next(5)), random.Next(3) - 1);
            System.Tell(new ActorRef(random.Next(partitionOf.Length)), new Ping(4 + random.Next(4)), at, priority);
            Told[0].Add((at, priority, -1, (uint)i));
        }
    }

    internal ActorSystem System { get; }

    /// <summary>
    /// What the model starts with, then what each message received led to: (time, priority, source, sequence).
    /// Only sequential runs keep it.
    /// </summary>
    internal List<List<(SimTime, int, int, uint)>> Told { get; } = [[]];

    /// <summary>Runs it; the recording, and how the run ended.</summary>
    internal (byte[] Recording, string End) Run(int threads)
    {
        using var bytes = new MemoryStream();
        System.Record(bytes);
        keepsTold = threads == 1;
        string end;
        try
        {
            end = $"{System.Run(threads)}";
        }
        catch (Exception e) when (e is ActorException or StoppedModelException)
        {
            end = $"{e.GetType().Name}: {e.Message}";
        }
        return (bytes.ToArray(), end);
    }

    private sealed record Ping(int Hops);

    private sealed record Pong(int Hops);

    private sealed class Talker(RandomModel model, SeedStream random, int failsAt) : Actor
    {
        private int received;
        private uint told;

        protected override void Receive(object message, ActorRef sender)
        {
            if (++received == failsAt)
                throw new InvalidDataException($"fails at its message {received} of {sender}");
            if (model.keepsTold)
                model.Told.Add([]);
            var hops = message is Ping ping ? ping.Hops : ((Pong)message).Hops;
            for (var i = hops == 0 ? 0 : random.Next(4); i > 0; i--)
            {
                var target = random.Next(model.partitionOf.Length);
                var (from, to) = (model.partitionOf[Self.Id], model.partitionOf[target]);
                if (from != to && model.lookahead[from, to] == 0)
                    continue;
                var delay = model.lookahead[from, to] + random.Next(3) * random.Next(8);
                var priority = random.Next(4) - 2;
                Tell(new ActorRef(target), random.Next(2) == 0 ? new Ping(hops - 1) : new Pong(hops - 1), new SimTime(delay), priority);
                if (model.keepsTold)
                    model.Told[^1].Add((Now + new SimTime(delay), priority, Self.Id, told++));
            }
        }
    }
}
