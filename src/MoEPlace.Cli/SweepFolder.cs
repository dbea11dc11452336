using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using MoEPlace.Results;
using MoEPlace.Simulation.Scenarios;

namespace MoEPlace.Cli;

/// <summary>
/// The folder of a sweep: one result for each point, written whole or not at all, so that a sweep goes on where it was ended.
/// </summary>
/// <param name="path">The folder.</param>
/// <param name="points">All points.</param>
internal sealed class SweepFolder(string path, ImmutableArray<SweepPoint> points)
{
    /// <summary>The table for programs.</summary>
    internal const string TableName = "sweep.json";

    private const string CsvName = "sweep.csv", PointsName = "points";

    /// <summary>The folder itself, absolute.</summary>
    internal string Root { get; } = Path.GetFullPath(path);

    /// <summary>Points without a result.</summary>
    internal ImmutableArray<SweepPoint> Missing() => [.. points.Where(point => !IsDone(point))];

    /// <summary>Runs points, several at once; each is written when it is done.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; what was done stays.</exception>
    internal void Run(
        ImmutableArray<SweepPoint> wanted, ScenarioRun run, int atOnce, IProgress<ScenarioProgress>? progress,
        CancellationToken cancellation)
    {
        var done = 0;
        var one = run with { AtOnce = 1 };
        try
        {
            Parallel.ForEach(wanted, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellation }, point =>
            {
                progress?.Report(
                    new ScenarioProgress(Volatile.Read(ref done), wanted.Length, $"point {point.Index + 1} of {points.Length}"));
                one.Run(point.Scenario, null, cancellation).Write(FileOf(point));
                Interlocked.Increment(ref done);
            });
        }
        catch (AggregateException e) when (
            cancellation.IsCancellationRequested && e.Flatten().InnerExceptions.All(c => c is OperationCanceledException))
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    /// <summary>All points in one table, which is also written as JSON and CSV.</summary>
    /// <exception cref="IOException">A point has no result.</exception>
    internal SweepTable Gather()
    {
        if (Missing() is { Length: > 0 } missing)
            throw new IOException(
                $"{missing.Length} of {points.Length} points have no result, the first {missing[0].Index}: see what their jobs say in {Path.Combine(Root, SlurmArray.LogFolder)}");
        var rows = points.SelectMany(point => SimulationResult.Read(FileOf(point)).Variants.Select(variant => new SweepRow(
            point.Index, point.Values.ToImmutableSortedDictionary(
                v => v.Key, v => JsonSerializer.SerializeToElement(v.Value), StringComparer.Ordinal),
            variant.Name, variant.Measures)));
        var first = points[0].Scenario.Content;
        var table = new SweepTable(SweepTable.FormatName, first.Name, first.Title, [.. points[0].Values.Select(v => v.Key)], [.. rows]);
        OutputFile.Write(Path.Combine(Root, TableName), stream => JsonSerializer.Serialize(stream, table, StrictJson.Options));
        OutputFile.WriteText(Path.Combine(Root, CsvName), Csv(table));
        return table;
    }

    private string FileOf(SweepPoint point) => Path.Combine(Root, PointsName, point.FileName);

    private bool IsDone(SweepPoint point) => File.Exists(FileOf(point));

    private static string Csv(SweepTable table)
    {
        var text = new StringBuilder();
        Line(["point", .. table.Parameters, "variant", .. SimulationMeasure.All]);
        foreach (var row in table.Rows)
            Line([
                row.Point.ToString(CultureInfo.InvariantCulture), .. table.Parameters.Select(p => Plain(row.Values[p])), row.Variant,
                .. SimulationMeasure.All.Select(
                    m => row.Measures.TryGetValue(m, out var value) ? value.ToString("R", CultureInfo.InvariantCulture) : "")]);
        return text.ToString();

        void Line(IEnumerable<string> cells) => text.AppendJoin(',', cells.Select(Quoted)).Append('\n');
    }

    internal static string Plain(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static string Quoted(string cell) => cell.AsSpan().IndexOfAny(",\"\r\n") < 0 ? cell
        : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
