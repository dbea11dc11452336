using System.Collections.Immutable;
using System.Text.Json;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Reports.Tests;

public sealed class ChromeTraceTests
{
    [Fact]
    public void Two_spans_never_overlap_on_one_thread_and_every_span_is_told_once()
    {
        using var folder = new TemporaryFolder();
        for (var seed = 0; seed < 20; seed++)
        {
            var result = Random(seed);
            ChromeTrace.Write(result, folder["trace.json"]);
            var spans = Events(folder["trace.json"], "X").ToArray();
            Assert.Equal(result.Variants.Sum(v => v.Timeline!.Spans.Length), spans.Length);
            foreach (var thread in spans.GroupBy(e => (Process: Whole(e, "pid"), Thread: Whole(e, "tid"))))
            {
                var end = 0m;
                foreach (var (begin, takes) in thread.Select(e => (Time(e, "ts"), Time(e, "dur"))))
                {
                    Assert.True(begin >= end, $"seed {seed}, {thread.Key}: a span begins at {begin} before the last one ends at {end}");
                    end = begin + takes;
                }
            }
            var picoseconds = result.Variants.Sum(v => v.Timeline!.Spans.Sum(s => (decimal)s.DurationPicoseconds));
            Assert.Equal(picoseconds, spans.Sum(e => Time(e, "dur")) * 1_000_000);
        }
    }

    [Fact]
    public void A_small_timeline_is_told_in_this_form()
    {
        using var folder = new TemporaryFolder();
        var variant = MadeUpStep.Variant("a") with
        {
            Timeline = new Timeline(
                [new("rank 0", "compute"), new("rank 0", "NIC out"), new("rank 1", "compute")],
                [new(0, "experts", 3, 1, 1_234_567, 2_000_000), new(1, "combine", 3, 0, 0, 7, 4096), new(1, "combine", 3, 1, 5, 7, 8192)]),
            LinkShares = [new("NIC out", [0.25, 0])],
        };
        ChromeTrace.Write(MadeUpSimulation.Of([variant]), folder["trace.json"]);
        using var document = JsonDocument.Parse(File.ReadAllText(folder["trace.json"]));
        string[] expected =
        [
            """{"name":"process_name","ph":"M","pid":1,"tid":0,"args":{"name":"a: rank 0"}}""",
            """{"name":"process_sort_index","ph":"M","pid":1,"tid":0,"args":{"sort_index":1}}""",
            """{"name":"thread_name","ph":"M","pid":1,"tid":1,"args":{"name":"compute"}}""",
            """{"name":"thread_sort_index","ph":"M","pid":1,"tid":1,"args":{"sort_index":1}}""",
            """{"name":"experts","cat":"stream","ph":"X","pid":1,"tid":1,"ts":1.234567,"dur":2,"args":{"layer":3,"part":1}}""",
            """{"name":"thread_name","ph":"M","pid":1,"tid":2,"args":{"name":"NIC out"}}""",
            """{"name":"thread_sort_index","ph":"M","pid":1,"tid":2,"args":{"sort_index":2}}""",
            """{"name":"combine","cat":"exchange","ph":"X","pid":1,"tid":2,"ts":0,"dur":0.000007,"args":{"layer":3,"part":0,"bytes":4096}}""",
            """{"name":"thread_name","ph":"M","pid":1,"tid":3,"args":{"name":"NIC out (2)"}}""",
            """{"name":"thread_sort_index","ph":"M","pid":1,"tid":3,"args":{"sort_index":3}}""",
            """{"name":"combine","cat":"exchange","ph":"X","pid":1,"tid":3,"ts":0.000005,"dur":0.000007,"args":{"layer":3,"part":1,"bytes":8192}}""",
            """{"name":"process_name","ph":"M","pid":2,"tid":0,"args":{"name":"a: rank 1"}}""",
            """{"name":"process_sort_index","ph":"M","pid":2,"tid":0,"args":{"sort_index":2}}""",
            """{"name":"thread_name","ph":"M","pid":2,"tid":1,"args":{"name":"compute"}}""",
            """{"name":"thread_sort_index","ph":"M","pid":2,"tid":1,"args":{"sort_index":1}}""",
            """{"name":"process_name","ph":"M","pid":3,"tid":0,"args":{"name":"a: links"}}""",
            """{"name":"process_sort_index","ph":"M","pid":3,"tid":0,"args":{"sort_index":3}}""",
            """{"name":"NIC out busy, %","ph":"C","pid":3,"ts":0,"args":{"percent":25}}""",
            """{"name":"NIC out busy, %","ph":"C","pid":3,"ts":1.617283,"args":{"percent":0}}""",
        ];
        Assert.Equal(expected, document.RootElement.GetProperty("traceEvents").EnumerateArray().Select(e => e.GetRawText()));
    }

    [Fact]
    public void Variants_without_a_timeline_are_passed_over_and_hostile_names_stay_text()
    {
        using var folder = new TemporaryFolder();
        var hostile = MadeUpStep.Variant(WrittenReport.Hostile + "\u0000\ud800");
        ChromeTrace.Write(MadeUpSimulation.Of([MadeUpStep.Variant("none") with { Timeline = null }, hostile]), folder["trace.json"]);
        var names = Events(folder["trace.json"], "M").Where(e => e.GetProperty("name").GetString() == "process_name")
            .Select(e => e.GetProperty("args").GetProperty("name").GetString()!).ToArray();
        Assert.Equal(5, names.Length);
        Assert.All(names, name => Assert.StartsWith("<script>", name, StringComparison.Ordinal));
        ChromeTrace.Write(MadeUpSimulation.Of([MadeUpStep.Variant("none") with { Timeline = null }]), folder["empty.json"]);
        Assert.Empty(Events(folder["empty.json"], "X"));
    }

    [Fact]
    public void An_invalid_result_is_refused_and_nothing_is_written()
    {
        using var folder = new TemporaryFolder();
        var bad = MadeUpStep.Variant("a") with { Timeline = new Timeline([], [new(3, "experts", 0, 0, -1, 5)]) };
        var fault = Assert.Throws<InputException>(() => ChromeTrace.Write(MadeUpSimulation.Of([bad]), folder["trace.json"]));
        Assert.Equal(2, fault.Faults.Length);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    /// <summary>Spans that begin anywhere and overlap, some without any time.</summary>
    private static SimulationResult Random(int seed)
    {
        var random = new SeedStream(seed, "chrome");
        return MadeUpSimulation.Of([.. Enumerable.Range(0, 2).Select(v => MadeUpStep.Variant($"variant {v}") with
        {
            Timeline = new Timeline(
                [.. Enumerable.Range(0, 4).Select(t => new TimelineTrack($"group {t % 2}", $"track {t}"))],
                [
                    .. Enumerable.Range(0, 60).Select(_ =>
                        new TimelineSpan(random.Next(4), "combine", random.Next(3) - 1, 0, random.Next(1000), random.Next(100))),
                ]),
        })]);
    }

    private static ImmutableArray<JsonElement> Events(string path, string kind)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        return
        [
            .. document.RootElement.GetProperty("traceEvents").EnumerateArray()
                .Where(e => e.GetProperty("ph").GetString() == kind).Select(e => e.Clone()),
        ];
    }

    private static int Whole(JsonElement told, string key) => told.GetProperty(key).GetInt32();

    private static decimal Time(JsonElement told, string key) => told.GetProperty(key).GetDecimal();
}
