using MoEPlace.Traces.Journals;
using Xunit;

namespace MoEPlace.Traces.Tests.Journals;

/// <summary>Compares the trace of a journal with what was run.</summary>
internal static class JournalTruth
{
    /// <summary>Asserts that a trace holds the first rows of a run and nothing else.</summary>
    internal static void Holds(string path, JournalCase run, int rows)
    {
        using var trace = RoutingTrace.Open(path);
        Holds(trace, run, rows);
    }

    internal static void Holds(RoutingTrace trace, JournalCase run, int rows)
    {
        var (truth, model) = (run.Truth, run.Header.Trace.Model);
        var width = model.Layers * model.TopK;
        Assert.Equal((rows, run.Columns), (trace.Tokens, trace.Columns));
        Assert.Equal(run.Header.Trace.ToMetadata(), trace.Header.ToMetadata());
        var experts = new ushort[rows * width];
        trace.CopyExperts(0, rows, experts);
        Assert.Equal(truth.Experts[..experts.Length], experts);
        Assert.Equal(truth.Sequence[..rows], trace.Sequence(0, rows).ToArray());
        Assert.Equal(truth.Position[..rows], trace.Position(0, rows).ToArray());
        Assert.Equal(truth.GateWeights?[..(rows * width)] ?? [], trace.GateWeights(0, rows).ToArray());
        Assert.Equal(truth.Step?[..rows] ?? [], trace.Step(0, rows).ToArray());
        Assert.Equal(truth.Home?[..rows] ?? [], trace.Home(0, rows).ToArray());
        Assert.Equal(truth.Phase?[..rows] ?? [], trace.Phase(0, rows).ToArray());
        Assert.Equal(truth.Domain?[..rows] ?? [], trace.Domain(0, rows).ToArray());
    }

    /// <summary>The lengths of the ranks' files.</summary>
    internal static long[] Lengths(string folder, JournalCase run) =>
        [.. Enumerable.Range(0, run.Ranks).Select(rank => new FileInfo(JournalHeader.RankPath(folder, rank)).Length)];

    /// <summary>The same journal with its files cut off.</summary>
    internal static string Cut(string folder, string to, long[] lengths)
    {
        Directory.CreateDirectory(to);
        File.Copy(JournalHeader.MetadataPath(folder), JournalHeader.MetadataPath(to), overwrite: true);
        for (var rank = 0; rank < lengths.Length; rank++)
            File.WriteAllBytes(
                JournalHeader.RankPath(to, rank), File.ReadAllBytes(JournalHeader.RankPath(folder, rank)).AsSpan(0, (int)lengths[rank]));
        return to;
    }
}
