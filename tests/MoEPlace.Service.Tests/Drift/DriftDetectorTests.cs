using MoEPlace.Service.Drift;
using MoEPlace.Service.Routing;
using MoEPlace.Tests.Shared;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Service.Tests.Drift;

/// <summary>When traffic is taken for another than it was.</summary>
public sealed class DriftDetectorTests
{
    private static readonly MoEModel Large = new("large", 58, [.. Enumerable.Range(3, 58)], 256, 8);

    /// <summary>The benchmark <c>drift</c> measures the same with 200 shifts and 500 streams for each recording.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public void A_shift_of_the_domain_of_the_shipped_trace_is_seen_within_4096_tokens_and_unchanged_traffic_is_not_told(int atOnce)
    {
        using var trace = RoutingTrace.Open(Path.Combine(Repository(), "traces", "tiny-moe.safetensors"));
        var traffic = new DriftTraffic(trace, domain => domain);
        var pairs = traffic.Domains.Count * (traffic.Domains.Count - 1);
        var missed = 0;
        for (var trial = 0; trial < pairs; trial++)
        {
            var (from, to) = (trial / (traffic.Domains.Count - 1), trial % (traffic.Domains.Count - 1));
            to += to >= from ? 1 : 0;
            var random = new SeedStream(trial, "drift-test", atOnce);
            var detector = new DriftDetector(trace.Model);
            var shift = (12_288 + random.Next(4_096)) / atOnce * atOnce;
            int[] before = [from], after = [to];
            foreach (var frame in traffic.Frames(random, atOnce, tokens => tokens < shift ? before : after))
            {
                detector.Take(frame);
                if (detector.Reading.ReferenceTokens + detector.Reading.Tokens >= shift + 4_096)
                    break;
            }
            missed += detector.Reading.AlarmAt + detector.Reading.ReferenceTokens > shift ? 0 : 1;
        }
        Assert.True(missed <= pairs / 20, $"{missed} of {pairs} shifts were missed, or told before they were");
        for (var stream = 0; stream < 6; stream++)
        {
            int[] of = stream == 5 ? [0, 1, 2, 3, 4] : [stream];
            var detector = new DriftDetector(trace.Model);
            foreach (var frame in traffic.Frames(new SeedStream(stream, "unchanged-test", atOnce), atOnce, _ => of))
            {
                detector.Take(frame);
                if (detector.Reading.Tokens >= 100_000)
                    break;
            }
            Assert.False(detector.Reading.Alarm, $"stream {stream}: {detector.Reading}");
        }
    }

    [Fact]
    public void An_alarm_stands_until_the_reference_is_taken_anew()
    {
        var routing = new MadeRouting(3, new MoEModel("m", 4, [0, 1, 2, 3], 16, 2), 4);
        var detector = new DriftDetector(routing.Model);
        Take(0, 100);
        Assert.True(detector.Reading is { ReferenceTokens: 8_192, Tokens: 12_800 - 8_192, Alarm: false }, detector.Reading.ToString());
        Take(4, 64);
        Assert.True(detector.Reading is { Alarm: true, AlarmAt: > 0 and <= 12_800 - 8_192 + 4_096, Load: > 1 }, detector.Reading.ToString());
        var at = detector.Reading.AlarmAt;
        Take(0, 64);
        Assert.True(detector.Reading.Alarm && detector.Reading.AlarmAt == at && detector.Reading.Load < 1, detector.Reading.ToString());
        detector.Rebase();
        Assert.Equal(new DriftReading(0, 0, false, null, 0, 0), detector.Reading);
        Take(4, 200);
        Assert.False(detector.Reading.Alarm, detector.Reading.ToString());

        void Take(int topic, int times)
        {
            for (var i = 0; i < times; i++)
                detector.Take(routing.Next(8, 16, topic, 4));
        }
    }

    [Fact]
    public void A_change_of_what_follows_what_is_seen_in_affinity_though_loads_stay()
    {
        var model = new MoEModel("m", 6, [0, 1, 2, 3, 4, 5], 16, 1);
        var (random, detector) = (new SeedStream(5, "affinity-test"), new DriftDetector(model));
        Take(sticky: 8, 900);
        Assert.False(detector.Reading.Alarm, detector.Reading.ToString());
        Take(sticky: 3, 300);
        Assert.True(detector.Reading is { Alarm: true, Affinity: > 1, Load: < 1 }, detector.Reading.ToString());

        // A sequence of 16 tokens; each stays with its expert from layer to layer as often as is said, of 10.
        void Take(int sticky, int sequences)
        {
            for (var s = 0; s < sequences; s++)
            {
                var rows = new RoutedRows(16, new int[16], new int[16], new ushort[16], new byte[16], new ushort[16 * 6]);
                Array.Fill(rows.Sequence, (int)(random.NextBits() & int.MaxValue));
                for (var cell = 0; cell < rows.Experts.Length; cell++)
                    rows.Experts[cell] = cell % 6 > 0 && random.Next(10) < sticky ? rows.Experts[cell - 1] : (ushort)random.Next(16);
                detector.Take(rows);
            }
        }
    }

    [Fact]
    public void Counts_alone_tell_a_shift_of_the_load_and_nothing_else()
    {
        var detector = new DriftDetector(Large);
        var (random, counts) = (new SeedStream(9, "counts-test"), new int[58 * 256]);
        Take(0, 400);
        Assert.True(detector.Reading is { Alarm: false, Affinity: 0, Tokens: > 0 }, detector.Reading.ToString());
        Take(7, 60);
        Assert.True(detector.Reading is { Alarm: true, Load: > 1 }, detector.Reading.ToString());

        // Each message has 512 tokens; some experts are hot.
        void Take(int turn, int messages)
        {
            for (var message = 0; message < messages; message++)
            {
                for (var cell = 0; cell < counts.Length; cell++)
                    counts[cell] = ((cell + turn) % 16 == 0 ? 60 : 10) + random.Next(8) + message % 3;
                detector.Take(512, counts);
            }
        }
    }

    [Fact]
    public void Counts_are_taken_without_allocation()
    {
        var (detector, counts) = (new DriftDetector(Large), new int[58 * 256]);
        Array.Fill(counts, 16);
        for (var i = 0; i < 100; i++)
            detector.Take(512, counts);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 200; i++)
            detector.Take(512, counts);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200 * 512);
    }

    [Fact]
    public void A_sequence_without_end_and_a_reference_that_never_differs_are_no_fault()
    {
        var model = new MoEModel("m", 1, [0], 4, 2);
        var detector = new DriftDetector(model);
        var rows = new RoutedRows(30_000, new int[30_000], new int[30_000], new ushort[30_000], new byte[30_000], new ushort[60_000]);
        Array.Fill(rows.Experts, RoutingTrace.NoExpert);
        detector.Take(rows);
        Assert.Equal((0.0, 0.0, false), (detector.Reading.Load, detector.Reading.Affinity, detector.Reading.Alarm));
    }

    [Fact]
    public void Names_every_option_that_is_out_of_its_range()
    {
        var options = new DriftOptions { ReferenceTokens = 255, TestTokens = 63 };
        var faults = Assert.Throws<InputException>(() => new DriftDetector(Large, options)).Faults;
        Assert.Equal(["referenceTokens", "testTokens"], faults.Select(fault => fault.Field));
    }

    private static string Repository([System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
