using System.Collections.Concurrent;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Executor.Tests.Applying;
using MoEPlace.Executor.Tests.Models;
using MoEPlace.Traces;
using MoEPlace.Traces.Journals;
using Xunit;

namespace MoEPlace.Executor.Tests.Running;

/// <summary>What a run tells of its routing and of its steps while it runs.</summary>
public sealed class RoutingFeedTests
{
    public static TheoryData<string, int> Cases => [.. Layouts.Names.SelectMany(layout => new[] { (layout, 1), (layout, 3) })];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Is_what_the_recording_holds_and_no_migration_or_canary_is_in_it(string layout, int ranks)
    {
        using var folder = new TempFolder();
        var config = TransformerConfig.Read(Layouts.Folder(layout));
        var header = new TraceHeader(config.ToModel(sizeof(float)), TraceOrigin.Measured, "test", "", ChoiceOrder.ByWeight, []);
        RankRun.CreateJournal(folder["journal"], header, ranks);
        var (told, steps, desk) = (new ConcurrentBag<RoutedTokens>(), new List<DoneStep>(), new ApplyDesk());
        var from = Placements.Contiguous(config, ranks);
        var result = VirtualRanks.Run(ranks, group =>
        {
            using var model = Layouts.Load(Layouts.Folder(layout), from, group.Rank, spareSlots: 2);
            return RankRun.Run(group, model, LiveCase.JobOf(config), new RunOptions
            {
                Placement = from,
                JournalFolder = folder["journal"],
                Routed = told.Add,
                StepDone = Count,
                Live = new LiveOptions { SpareSlots = 2, Desk = group.Rank == 0 ? desk : null, RoutingDropped = () => 5 + group.Rank },
            });
        })[0];
        JournalTrace.Write(folder["journal"], folder["trace"]);
        using var trace = RoutingTrace.Open(folder["trace"]);
        var (width, tokens) = (trace.Layers * trace.TopK, (int)trace.Tokens);
        var experts = new ushort[tokens * width];
        trace.CopyExperts(0, tokens, experts);
        Assert.Equal(
            Enumerable.Range(0, tokens).Select(i => Show(
                trace.Sequence(i, 1)[0], trace.Position(i, 1)[0], ranks > 1 ? trace.Home(i, 1)[0] : 0, trace.Phase(i, 1)[0],
                experts.AsSpan(i * width, width))).Order(),
            told.SelectMany(one => Enumerable.Range(0, one.Count).Select(i => Show(
                one.Sequence[i], one.Position[i], one.Home[i], one.Phase[i], one.Experts.AsSpan(i * width, width)))).Order());
        Assert.Equal((result.Steps, result.Tokens), (steps.Count, steps.Sum(step => (long)step.Tokens)));
        Assert.Equal(result.EpochOfStep, steps.Select(step => step.Epoch));
        Assert.Equal(result.MovingOfStep, steps.Select(step => step.Moving));
        Assert.Equal(Enumerable.Range(0, ranks).Sum(rank => 5L + rank), desk.RoutingDropped);
        Assert.Equal(ranks > 1, result.MovingOfStep.Any(moving => moving));

        void Count(DoneStep step)
        {
            steps.Add(step);
            if (steps.Count == 4 && ranks > 1)
                desk.Ask(new ApplyRequest(LiveApplyTests.Turned(config, ranks), 50_000));
        }

        static string Show(int sequence, int position, int home, int phase, ReadOnlySpan<ushort> experts) =>
            FormattableString.Invariant($"{sequence:D3} {position:D4} {home} {phase} {string.Join(' ', experts.ToArray())}");
    }

    [Fact]
    public void Stands_by_falling_weight_as_a_trace_rounds_it_and_what_costs_nothing_is_none()
    {
        var got = new List<RoutedTokens>();
        var feed = new RoutingFeed(got.Add, rank: 2, layers: 2, topK: 3);
        var tokens = new TokenBatch
        {
            Ordinals = [7, 8],
            Sequences = [2, 5],
            Positions = [1, 0],
            CacheRows = [0, 1],
            Domains = [0, 0],
            Ids = [3, 4],
            Prefill = false,
        };
        feed.Tokens(tokens);
        // 0.5 and 0.50001 are the same in 16 bits; 9 costs nothing, and -1 is none.
        feed.Choices(0, new LayerId(1), tokens, new TokenChoices([1, 9, 2, 4, -1, 5], [0.2f, 0.9f, 0.3f, 0.5f, 0f, 0.50001f], 3, 8));
        feed.Flush();
        feed.Tokens(tokens.Pick([]));
        feed.Flush();
        var one = Assert.Single(got);
        const ushort none = RoutingTrace.NoExpert;
        Assert.Equal([none, none, none, 2, 1, none, none, none, none, 4, 5, none], one.Experts);
        Assert.Equal(new[] { 2, 5 }, one.Sequence);
        Assert.Equal(new[] { 1, 0 }, one.Position);
        Assert.Equal(new ushort[] { 2, 2 }, one.Home);
        Assert.Equal(new byte[] { 1, 1 }, one.Phase);
    }

    [Fact]
    public void Residency_coherent_is_refused()
    {
        var placement = Placements.Contiguous(LiveApplyTests.Config("mixtral"), 1);
        using var model = Layouts.Load(Layouts.Folder("mixtral"), placement);
        var options = new RunOptions { Placement = placement, Residency = Residency.Coherent, Routed = _ => { } };
        var refused = Assert.Throws<InputException>(() => VirtualRanks.Run(1, group => RankRun.Run(group, model, LiveCase.JobOf(model.Config), options)));
        Assert.Contains("residency = coherent; allowed: home", refused.Message, StringComparison.Ordinal);
    }
}
