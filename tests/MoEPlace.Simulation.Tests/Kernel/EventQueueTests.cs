using MoEPlace.Simulation.Kernel;
using Xunit;

namespace MoEPlace.Simulation.Tests.Kernel;

public sealed class EventQueueTests
{
    private static readonly object Message = new();

    /// <summary>How far after the last popped event the next is pushed, in picoseconds.</summary>
    public static TheoryData<string> Distributions =>
        ["one instant", "exponential", "huge gaps", "bimodal", "few instants", "every scale", "falling"];

    [Theory]
    [MemberData(nameof(Distributions))]
    public void Pops_in_the_order_of_a_sorted_set(string distribution)
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new SeedStream(seed, distribution);
            var (queue, twin) = (new EventQueue(), new SortedSet<EventKey>(Comparer<EventKey>.Create(Compare)));
            var now = 0L;
            for (var step = 0U; step < 4000; step++)
            {
                // Phases in which the queue grows, and others in which it shrinks.
                if (twin.Count == 0 || random.Next(100) < (step / 500 % 2 == 0 ? 75 : 25))
                {
                    var rank = EventKey.RankOf(random.Next(3) - 1, random.Next(4) - 1);
                    var key = new EventKey(now + Delay(distribution, step, random), rank, step, 0);
                    queue.Push(key, (int)step, Message);
                    Assert.True(twin.Add(key));
                    continue;
                }
                Assert.Equal(twin.Min.Time, queue.NextTime);
                // A parallel run looks at the next event and then receives earlier ones by mail.
                if (random.Next(4) == 0)
                    continue;
                var popped = queue.Pop(out var target, out var message) with { Slot = 0 };
                var same = popped == twin.Min && target == (int)popped.Sequence && message == Message;
                Assert.True(same, $"{distribution}, seed {seed}, step {step}");
                twin.Remove(popped);
                now = popped.Time;
            }
            while (twin.Count > 0)
            {
                Assert.Equal(twin.Min.Time, queue.NextTime);
                Assert.Equal(twin.Min, queue.Pop(out _, out _) with { Slot = 0 });
                twin.Remove(twin.Min);
            }
            Assert.Equal(long.MaxValue, queue.NextTime);
        }
    }

    [Theory]
    [MemberData(nameof(Distributions))]
    public void Holds_many_events_of_any_distribution(string distribution)
    {
        // What takes quadratic time would take minutes.
        const int count = 300_000;
        var (queue, random) = (new EventQueue(), new SeedStream(1, distribution));
        for (var i = 0U; i < count; i++)
            queue.Push(new EventKey(Delay(distribution, i, random), EventKey.RankOf(0, 0), i, 0), 0, Message);
        var last = new EventKey(-1, 0, 0, 0);
        for (var i = 0U; i < count; i++)
        {
            var popped = queue.NextTime < long.MaxValue ? queue.Pop(out _, out _) : default;
            Assert.True(EventKey.Before(last, popped));
            last = popped;
            if (i % 2 == 0 && popped.Time < long.MaxValue / 2)
                queue.Push(popped with { Time = popped.Time + Delay(distribution, i, random) / 16, Sequence = count + i }, 0, Message);
        }
    }

    [Fact]
    public void Orders_by_time_then_priority_then_source_then_sequence_over_its_wrap()
    {
        EventKey[] rising =
        [
            new(1, EventKey.RankOf(9, 9), 9, 0), new(2, EventKey.RankOf(int.MinValue, 5), 0, 0), new(2, EventKey.RankOf(-1, 5), 0, 0),
            new(2, EventKey.RankOf(0, -1), 7, 0), new(2, EventKey.RankOf(0, 0), uint.MaxValue, 0), new(2, EventKey.RankOf(0, 0), 0, 0),
            new(2, EventKey.RankOf(0, int.MaxValue - 1), 0, 0), new(2, EventKey.RankOf(int.MaxValue, 0), 0, 0),
            new(long.MaxValue - 1, 0, 0, 0),
        ];
        for (var i = 0; i < rising.Length; i++)
        {
            for (var j = 0; j < rising.Length; j++)
                Assert.Equal(i < j, EventKey.Before(rising[i], rising[j]));
        }
        Assert.Equal((int.MinValue, 5), (rising[1].Priority, rising[1].Source));
        Assert.Equal((0, -1), (rising[3].Priority, rising[3].Source));
    }

    private static long Delay(string distribution, uint step, SeedStream random) => distribution switch
    {
        "one instant" => 0,
        "exponential" => (long)(-1e6 * Math.Log(1 - random.NextDouble())),
        "huge gaps" => random.Next(3) == 0 ? random.Next(1 << 30) * (1L << 20) : random.Next(2),
        "bimodal" => random.Next(2) == 0 ? random.Next(100) : 1_000_000_000_000 + random.Next(100),
        "few instants" => random.Next(5) * 1_000_000L,
        "every scale" => (long)(random.NextBits() >> (8 + random.Next(56))),
        "falling" => 1L << 40 >> (int)(step % 40),
        _ => throw new ArgumentOutOfRangeException(nameof(distribution)),
    };

    private static int Compare(EventKey a, EventKey b) => EventKey.Before(a, b) ? -1 : EventKey.Before(b, a) ? 1 : 0;
}
