using System.Diagnostics;
using MoEPlace.Simulation;
using MoEPlace.Simulation.Kernel;

namespace MoEPlace.Benchmarks.Kernels;

/// <summary>PHOLD: messages wander between the actors of partitions.</summary>
internal static class Phold
{
    private const int Partitions = 16;
    private const int ActorsPerPartition = 256;
    private const int MessagesPerActor = 8;
    private const double RemoteShare = 0.1;
    private const double MeanPicoseconds = 1e6;
    private static readonly object Message = new();

    internal static string Describe() =>
        $"{Partitions} partitions of {ActorsPerPartition} actors, {MessagesPerActor} messages pending per actor, exponential delays "
        + $"of mean {MeanPicoseconds / 1e6:F1} us, {RemoteShare:P0} to another partition after the lookahead and such a delay";

    /// <summary>
    /// Events a second of the clock and of processor time, and what must not depend on the number of threads: events, end, and a sum over all that was drawn.
    /// </summary>
    internal static (double PerSecond, double PerCoreSecond, (long Events, long End, long Sum) Outcome) Run(long lookahead, long events, int threads)
    {
        var system = new ActorSystem();
        var count = Partitions * ActorsPerPartition;
        var meanDelay = MeanPicoseconds + RemoteShare * lookahead;
        var until = new SimTime((long)(events * meanDelay / (count * MessagesPerActor)));
        var wanderers = new Wanderer[count];
        for (var i = 0; i < count; i++)
        {
            system.ActorOf(new Props(
                $"wanderer {i}", () => wanderers[i] = new Wanderer(system.Random("phold", i), lookahead, until), i / ActorsPerPartition));
        }
        for (var a = 0; a < Partitions; a++)
        {
            for (var b = 0; b < a; b++)
                system.Connect(a, b, new SimTime(lookahead));
        }
        for (var i = 0; i < count * MessagesPerActor; i++)
            system.Tell(new ActorRef(i % count), Message, new SimTime(i));
        var (start, core) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var (received, end) = system.Run(threads);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var coreSeconds = (Environment.CpuUsage.TotalTime - core).TotalSeconds;
        return (received / seconds, received / coreSeconds, (received, end.Picoseconds, wanderers.Sum(wanderer => wanderer.Sum)));
    }

    private sealed class Wanderer(SeedStream random, long lookahead, SimTime until) : Actor
    {
        internal long Sum { get; private set; }

        protected override void Receive(object message, ActorRef sender)
        {
            if (Now >= until)
                return;
            var bits = random.NextBits();
            var delay = (long)(-MeanPicoseconds * Math.Log(1 - random.NextDouble()));
            var partition = Self.Id / ActorsPerPartition;
            if ((bits & 0xFFFF) < RemoteShare * 0x10000)
            {
                partition = (partition + 1 + (int)((bits >> 16 & 0xFFFF) * (Partitions - 1) >> 16)) % Partitions;
                delay += lookahead;
            }
            Sum += delay;
            var target = partition * ActorsPerPartition + (int)(bits >> 32 & 0xFFFF) % ActorsPerPartition;
            Tell(new ActorRef(target), message, new SimTime(delay));
        }
    }
}
