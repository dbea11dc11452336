using System.CommandLine;
using System.Globalization;
using MoEPlace.Traces;
using MoEPlace.Traces.Statistics;

namespace MoEPlace.Cli;

/// <summary><c>trace info</c>: what a person wants to know of a recording.</summary>
internal static class TraceInfoCommand
{
    public static Command Create(Terminal terminal)
    {
        var trace = new Argument<string>("trace") { Description = "A trace, the journal of a run, or a load file." };
        var json = CommonOptions.Json();
        var command = new Command("info", "Tell shape, origin, load skew, affinity between adjacent layers and domains.") { trace, json };
        command.SetAction(parsed =>
        {
            using var recording = Recording.Open(parsed.GetValue(trace)!, terminal);
            if (!recording.HasTokens)
                PrintLoad(terminal, recording, parsed.GetValue(json));
            else if (TraceStatistics.Of(recording.Trace) is var statistics && parsed.GetValue(json))
                terminal.Json(statistics);
            else
                Print(terminal, statistics);
        });
        return command;
    }

    private static void Print(Terminal terminal, TraceStatistics s)
    {
        var m = s.Model;
        var topOne = s.ChoiceOrder == ChoiceOrder.ByWeight || s.Columns.Contains("gate_weights");
        var skew = $"{Number(s.Skew.Least)} (layer {s.Skew.LeastAt}) to {Number(s.Skew.Most)} (layer {s.Skew.MostAt})";
        var lines = new List<IReadOnlyList<string>>
        {
            new[] { "model layers", $"{m.HiddenLayers}, of which MoE: {Traces.Models.LayerRange.Show(m.MoeLayerIds)}" },
            new[] { "origin", s.Origin.ToString().ToLowerInvariant() },
            new[] { "source", s.Source.Length == 0 ? "unknown" : s.Source },
            new[] { "licence", s.Licence.Length == 0 ? "unknown" : s.Licence },
            new[] { "tokens", MeasureTable.Count(s.Tokens) },
            new[] { "sequences", MeasureTable.Count(s.Sequences) },
            new[] { "layers x experts, top-k", $"{s.Layers} x {s.Experts}, top-{s.TopK}" },
            new[] { "columns", s.Columns.IsEmpty ? "expert ids only" : string.Join(", ", s.Columns) },
            new[] { "top-1", topOne ? "known" : "unknown: no weights, no order of choice" },
            new[] { "busiest expert over mean", $"{Number(s.Skew.Median)} median, {skew}" },
        };
        if (s.MissingChoiceShare > 0)
            lines.Add(["choices without an expert", MeasureTable.Share(s.MissingChoiceShare)]);
        if (s.DecodeShare is { } decode)
            lines.Add(["decoded tokens", MeasureTable.Share(decode)]);
        if (s.ChoiceBits is { } bits)
        {
            var shuffled = Number(s.ChoiceShuffledBits!.Mean);
            lines.Add(["affinity of adjacent layers", $"{Number(bits.Mean)} bit per pair of choices ({shuffled} when shuffled)"]);
        }
        if (s.TopOneBits is { } top)
            lines.Add(["affinity of top-1 experts", $"{Number(top.Mean)} bit ({Number(s.TopOneShuffledBits!.Mean)} when shuffled)"]);
        if (s.HeaviestSuccessorShare is { } heaviest)
            lines.Add(["top-1 goes on to its heaviest successor", MeasureTable.Share(heaviest.Mean)]);
        if (s.DomainDistance is { } distance)
            lines.Add(["distance of domains' loads", $"{Number(distance)} of 1 ({Number(s.DomainShuffledDistance)} when shuffled)"]);
        terminal.Facts(m.Name, "trace", lines);
        if (!s.Domains.IsEmpty)
            terminal.Table(["domain", "tokens"], s.Domains.Select(d => (IReadOnlyList<string>)[d.Name, MeasureTable.Count(d.Tokens)]));
    }

    private static void PrintLoad(Terminal terminal, Recording recording, bool asJson)
    {
        var (counts, _) = recording.Count(TraceSplit.All);
        var skew = Enumerable.Range(0, counts.Layers).Select(layer => Skew(counts.Load(layer))).ToArray();
        if (asJson)
            terminal.Json(new LoadStatistics(recording.Model, recording.Origin, recording.Source, skew));
        else
            terminal.Facts(recording.Model.Name, "load",
            [
                ["origin", recording.Origin],
                ["source", recording.Source],
                ["layers x experts", $"{counts.Layers} x {counts.Experts}"],
                ["busiest expert over mean", $"{Number(skew.Min())} to {Number(skew.Max())}"],
            ]);
    }

    private static double Skew(ReadOnlySpan<long> load)
    {
        var (most, sum) = (0L, 0L);
        foreach (var l in load)
            (most, sum) = (Math.Max(most, l), sum + l);
        return sum == 0 ? 0 : most * (double)load.Length / sum;
    }

    private static string Number(double? value) => value is { } v ? v.ToString("F3", CultureInfo.InvariantCulture) : "unknown";

    /// <summary>What can be told of a recording without tokens.</summary>
    private sealed record LoadStatistics(MoEModel Model, string Origin, string Source, double[] SkewByLayer);
}
