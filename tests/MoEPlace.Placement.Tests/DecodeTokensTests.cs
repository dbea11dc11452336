using MoEPlace.Evaluation;
using MoEPlace.Placement.Affinity;
using MoEPlace.Placement.Copies;
using MoEPlace.Placement.Tests.Validation;
using MoEPlace.Placement.Validation;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Placement.Tests;

public sealed class DecodeTokensTests
{
    private static readonly EvaluationOptions Coherent = new() { Residency = Residency.Coherent };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void The_objective_on_decoded_tokens_is_what_the_judge_counts_on_them()
    {
        for (var seed = 1; seed <= 4; seed++)
        {
            using var given = new DomainTrace(10, domains: 0, phases: true, seed: seed);
            var slice = DecodeTokens.Of(new TraceSlice(given.Trace, TraceSplit.Train));
            Assert.Equal((8 * DomainTrace.SequenceTokens / 2, "train, decode"), (slice.Tokens, slice.Selection));
            var problem = Problem(slice, PlacementObjective.Copies);
            var solution = AffinityPolicy.Place(problem, null, Cancellation);
            Assert.Equal(JudgedObjective.Of(problem, CopyMeasure.Coherent, solution.Placement), solution.Summary.Objective);
            Assert.True(solution.Summary.Bound <= solution.Summary.Objective);
            Assert.Equal("train, decode", solution.Placement.Provenance.Options["split"]);
        }
    }

    [Fact]
    public void Tokens_of_prefill_are_refused_where_only_decoded_ones_are_counted()
    {
        using var given = new DomainTrace(10, domains: 0, phases: true);
        var all = new TraceSlice(given.Trace, TraceSplit.All);
        foreach (var objective in new[] { PlacementObjective.Copies, PlacementObjective.Step })
            Assert.Contains("prefill", Assert.Throws<InputException>(() => Problem(all, objective)).Message, StringComparison.Ordinal);
        Assert.Same(all, Problem(all, PlacementObjective.Crossing).Slice);
        var prefill = all.Where("the first half", (row, keep) =>
        {
            for (var i = 0; i < keep.Length; i++)
                keep[i] = given.Trace.Phase(row + i, 1)[0] == 0;
        });
        var fault = Assert.Single(Assert.Throws<InputException>(() => DecodeTokens.Of(prefill)).Faults);
        Assert.Contains("--residency home", fault.Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void Slices_without_prefill_or_phases_stay_as_they_are()
    {
        using var given = new DomainTrace(10, domains: 0);
        var all = new TraceSlice(given.Trace, TraceSplit.All);
        Assert.Same(all, DecodeTokens.Of(all));
        using var phased = new DomainTrace(10, domains: 0, phases: true);
        var decode = DecodeTokens.Of(new TraceSlice(phased.Trace, TraceSplit.All));
        Assert.Same(decode, DecodeTokens.Of(decode));
    }

    [Fact]
    public void A_validation_solves_and_judges_decoded_tokens_alone()
    {
        using var given = new DomainTrace(20, domains: 2, phases: true);
        var problem = Problem(DecodeTokens.Of(new TraceSlice(given.Trace, TraceSplit.All)), PlacementObjective.Copies);
        var result = PlacementValidation.Run(
            problem, "affinity", ValidationMeasure.For("copies"), new ValidationOptions(),
            (part, progress) =>
            {
                Assert.Equal(0, DecodeTokens.Prefill(part.Slice!));
                return AffinityPolicy.Place(part, progress, Cancellation);
            },
            null, Cancellation)!;
        Assert.Contains(result.LeftOut, part => part.StartsWith("phases: ", StringComparison.Ordinal));
        Assert.NotNull(result.Drift);
    }

    private static PlacementProblem Problem(TraceSlice slice, PlacementObjective objective) => PlacementProblem.Create(
        slice.Trace.Model, PlacementSamples.Cluster(1, 2), RoutingCounts.Of(slice), slice, objective, Coherent,
        timeLimit: TimeSpan.FromMinutes(5), iterationLimit: 1);
}
