using MoEPlace.Evaluation;
using MoEPlace.Executor.Tests.Models;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Executor.Tests.Running;

/// <summary>
/// What a job gives does not depend on how it is run. The choices of the oracle's sequences are all decided by a clear margin
/// (Fixtures/README.md), so that no token has to be left out for a near tie.
/// </summary>
public sealed class RankLawTests
{
    public static TheoryData<string, int, bool, Residency, long, int> Cases()
    {
        var cases = new TheoryData<string, int, bool, Residency, long, int>();
        var seed = 0;
        foreach (var layout in Layouts.Names)
        {
            cases.Add(layout, 1, false, Residency.Home, -1, 50);
            cases.Add(layout, 1, true, Residency.Coherent, -1, 50);
            foreach (var residency in Enum.GetValues<Residency>())
            {
                cases.Add(layout, 4, false, residency, -1, 0);
                cases.Add(layout, 4, false, residency, ++seed, 50);
                cases.Add(layout, 3, false, residency, ++seed, 100);
                cases.Add(layout, 4, true, residency, ++seed, 50);
            }
        }
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_choices_and_bytes_are_the_same_however_it_is_run(
        string layout, int ranks, bool processes, Residency residency, long seed, int prefill)
    {
        using var run = RankCase.Run(layout, ranks, processes, residency, seed, prefill);
        var (tokens, vocabulary) = ((int)run.Trace.Tokens, run.Config.VocabularySize);
        Assert.Equal(run.Job.MostTokensInAll, tokens);
        Assert.Equal(tokens, run.Result.Tokens);

        // The row of the oracle that each token of the run is.
        int[] sequences = run.Column<int>("sequence"), rowOf = new int[tokens];
        var first = sequences.Distinct().Select(s => Array.IndexOf(sequences, s)).ToArray();
        for (var i = 0; i < tokens; i++)
            rowOf[i] = first[run.Trace.Sequence(i, 1)[0] % first.Length] + run.Trace.Position(i, 1)[0];
        var wanted = run.Column<float>("logits");
        Assert.InRange(Layouts.Difference(Rows(wanted, rowOf, vocabulary), run.Logits, vocabulary), 0, 1e-5);

        var width = run.Trace.Layers * run.Trace.TopK;
        var chosen = new ushort[tokens * width];
        run.Trace.CopyExperts(0, tokens, chosen);
        Assert.Equal(Rows(run.Column<int>("experts"), rowOf, width), chosen.Select(expert => (int)expert));

        var judged = Judge(run, residency);
        var sent = run.Result.Prefill + run.Result.Decode;
        Assert.Equal(
            (judged.DispatchBytes, judged.CombineBytes, judged.ContextBytes, judged.InterNodeBytes),
            (sent.DispatchBytes, sent.CombineBytes, sent.ContextBytes, sent.InterNodeBytes));
        Assert.True(ranks == 1 || sent.DispatchBytes > 0, "nothing has travelled");
        Assert.True(run.Placement.Nodes == 1 || sent.InterNodeBytes > 0, "nothing has travelled between nodes");
    }

    [Theory]
    [InlineData("mixtral", false)]
    [InlineData("deepseek-v2-lite", false)]
    [InlineData("qwen3-moe", true)]
    public void Loss_and_steps_do_not_depend_on_the_ranks(string layout, bool processes)
    {
        using var alone = RankCase.Run(layout, 1, false, Residency.Home, -1, 50);
        using var many = RankCase.Run(layout, 4, processes, Residency.Coherent, 7, 50);
        Assert.Equal((alone.Result.Steps, alone.Result.LossTokens), (many.Result.Steps, many.Result.LossTokens));
        Assert.Equal(alone.Result.Loss!.Value, many.Result.Loss!.Value, 1e-5);
        Assert.Equal(alone.Trace.Step(0, (int)alone.Trace.Tokens).ToArray(), many.Trace.Step(0, (int)many.Trace.Tokens).ToArray());
    }

    [Fact]
    public void A_rank_holds_the_bytes_of_its_slots_and_caches_only_its_own_sequences_at_home()
    {
        using var home = RankCase.Run("olmoe", 4, false, Residency.Home, 5, 50);
        using var coherent = RankCase.Run("olmoe", 4, false, Residency.Coherent, 5, 50);
        var expert = home.Trace.Model.Dimensions!.ExpertBytes;
        for (var rank = 0; rank < 4; rank++)
        {
            var slots = Enumerable.Range(0, home.Placement.Layers)
                .Sum(layer => home.Placement.ExpertsOn(new LayerId(layer), new RankId(rank)).Length);
            Assert.Equal(slots * expert, home.Result.ExpertBytes[rank]);
            // Five sequences run at a time: two of each rank at most.
            Assert.InRange(home.Result.CacheBytes[rank] * 5, coherent.Result.CacheBytes[rank], 2 * coherent.Result.CacheBytes[rank]);
        }
    }

    private static Results.PlacementMeasures Judge(RankCase run, Residency residency) => PlacementCost.Evaluate(
        new TraceSlice(run.Trace, TraceSplit.All), run.Placement, ClusterPresets.Parse($"{run.Placement.Nodes}x{run.Placement.RanksPerNode}"),
        new EvaluationOptions { Residency = residency }).Measures;

    private static T[] Rows<T>(T[] all, int[] rows, int width) => [.. rows.SelectMany(row => all[(row * width)..((row + 1) * width)])];
}
