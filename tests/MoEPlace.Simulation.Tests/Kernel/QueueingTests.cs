using MoEPlace.Simulation.Kernel;
using Xunit;

namespace MoEPlace.Simulation.Tests.Kernel;

/// <summary>Queues of which the answer is known, at a mean service of 1 ns. The seeds are fixed, and so is what is measured.</summary>
public sealed class QueueingTests
{
    private const double Nanosecond = 1e3;
    private const int Customers = 400_000;

    [Theory]
    [InlineData(0.3, 1)]
    [InlineData(0.5, 2)]
    [InlineData(0.7, 3)]
    public void A_customer_of_an_M_M_1_queue_stays_1_over_mu_minus_lambda(double load, long seed)
    {
        var (_, first) = Run(load, seed, exponential: true, secondRate: null);
        Within(0.03, 1 / (1 - load), first.Average());
    }

    [Theory]
    [InlineData(0.3, 1)]
    [InlineData(0.5, 2)]
    [InlineData(0.7, 3)]
    public void A_customer_of_an_M_D_1_queue_stays_as_Pollaczek_and_Khinchine_say(double load, long seed)
    {
        var (_, first) = Run(load, seed, exponential: false, secondRate: null);
        Within(0.02, 1 + load / (2 * (1 - load)), first.Average());
    }

    [Fact]
    public void The_second_of_two_M_M_1_queues_does_not_know_of_the_first()
    {
        // Burke 1956: what leaves is a Poisson stream again; Reich 1957: a customer's two stays are independent.
        var (first, second) = Run(load: 0.5, seed: 4, exponential: true, secondRate: 0.8);
        Within(0.03, 1 / (1 - 0.5), first.Average());
        Within(0.03, 1 / (0.8 - 0.5), second.Average());
        Assert.InRange(Correlation(first, second), -0.02, 0.02);
    }

    private static (double[] First, double[] Second) Run(double load, long seed, bool exponential, double? secondRate)
    {
        var system = new ActorSystem(seed: seed);
        var stays = new Stays();
        var source = system.ActorOf(new Props("source", () => new Source(system.Random("arrivals"), load)));
        system.ActorOf(new Props("first", () => new Server(exponential ? system.Random("service", 0) : null, 1)));
        if (secondRate is { } rate)
            system.ActorOf(new Props("second", () => new Server(system.Random("service", 1), rate)));
        system.ActorOf(new Props("exit", () => stays));
        system.Tell(source, "next", SimTime.Zero);
        system.Run(cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(Customers, stays.Customers.Count);
        return ([.. stays.Customers.Select(c => c.First / Nanosecond)], [.. stays.Customers.Select(c => c.Second / Nanosecond)]);
    }

    private static void Within(double share, double expected, double measured) =>
        Assert.InRange(measured, expected * (1 - share), expected * (1 + share));

    private static double Correlation(double[] a, double[] b)
    {
        var (meanA, meanB) = (a.Average(), b.Average());
        var covariance = a.Zip(b, (x, y) => (x - meanA) * (y - meanB)).Average();
        return covariance / Math.Sqrt(a.Average(x => (x - meanA) * (x - meanA)) * b.Average(y => (y - meanB) * (y - meanB)));
    }

    private static SimTime Exponential(SeedStream random, double rate) =>
        new((long)Math.Round(-Math.Log(1 - random.NextDouble()) / rate * Nanosecond));

    /// <summary>How long a customer stayed at the last two servers, the latest in <see cref="Second"/>, in picoseconds.</summary>
    private sealed record Customer(long First, long Second);

    private sealed class Source(SeedStream random, double rate) : Actor
    {
        private int made;

        protected override void Receive(object message, ActorRef sender)
        {
            Tell(new ActorRef(1), new Customer(0, 0), SimTime.Zero);
            if (++made < Customers)
                Tell(Self, message, Exponential(random, rate));
        }
    }

    /// <summary>
    /// First come, first served: a customer leaves when those before have left and it was served. The next actor is where it goes.
    /// </summary>
    private sealed class Server(SeedStream? random, double rate) : Actor
    {
        private SimTime free;

        protected override void Receive(object message, ActorRef sender)
        {
            var service = random is null ? new SimTime((long)(Nanosecond / rate)) : Exponential(random, rate);
            free = SimTime.Max(free, Now) + service;
            var stay = free - Now;
            Tell(new ActorRef(Self.Id + 1), new Customer(((Customer)message).Second, stay.Picoseconds), stay);
        }
    }

    private sealed class Stays : Actor
    {
        internal List<Customer> Customers { get; } = [];

        protected override void Receive(object message, ActorRef sender) => Customers.Add((Customer)message);
    }
}
