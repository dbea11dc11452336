using MoEPlace.Results;

namespace MoEPlace.Reports.Tests;

/// <summary>A report of two results, written once: a measured one of seven policies with hostile names, and a synthetic one with unknowns.</summary>
public sealed class WrittenReport : IDisposable
{
    internal const string Hostile = "<script>alert(\"1\")</script> & 'co', ]]>";
    private readonly TemporaryFolder folder = new();

    public WrittenReport()
    {
        Results =
        [
            MadeUp.Result(model: "<b>model</b>")
                .With(2, p => p with { Label = Hostile, Policy = "<i>own</i>" })
                .With(3, p => p with { Label = "affinity" }),
            MadeUp.Result(["contiguous", "eplb", "affinity"], origin: "synthetic", model: "another", seed: 2)
                .Measured(1, m => m with { GpuCrossingFraction = null, RankCopiesPerTokenLayer = null, StepSeconds = null })
                .With(1, p => p with { Detail = p.Detail with { GpuCrossingByLayer = [] } }),
        ];
        Report.Write(Results, Directory, CancellationToken.None);
        Page = File.ReadAllText(System.IO.Path.Combine(Directory, Report.PageName));
    }

    internal IReadOnlyList<ResultFile> Results { get; }

    internal string Directory => folder["report"];

    internal string Page { get; }

    internal string PathOf(string name) => System.IO.Path.Combine(Directory, name);

    public void Dispose() => folder.Dispose();
}
