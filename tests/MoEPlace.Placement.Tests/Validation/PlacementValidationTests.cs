using System.Text.Json;
using MoEPlace.Evaluation;
using MoEPlace.Placement.Affinity;
using MoEPlace.Placement.Validation;
using MoEPlace.Results;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Placement.Tests.Validation;

public sealed class PlacementValidationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Folds_hold_every_sequence_out_once_and_solve_on_all_others()
    {
        for (var seed = 0L; seed < 8; seed++)
        {
            using var trace = new DomainTrace(3 + (int)seed * 4, 0, seed: seed);
            var problem = trace.Problem(seed % 2 == 0 ? TraceSplit.All : TraceSplit.Train);
            var all = SliceParts.Sequences(problem.Slice!);
            var (run, leftOut) = (new ValidationRun(), new List<string>());
            var folds = HeldOutParts.Folds(run, problem.Slice!, 5, leftOut);
            Assert.Equal(Math.Min(5, all.Length), folds.Length);
            Assert.Equal(all.Order(), folds.SelectMany(f => SliceParts.Sequences(f.HeldOut)).Order());
            foreach (var fold in folds)
            {
                Assert.Equal(all.Except(SliceParts.Sequences(fold.HeldOut)).Order(), SliceParts.Sequences(fold.Solve.On).Order());
                Assert.Equal(problem.Slice!.Tokens, fold.Solve.On.Tokens + fold.HeldOut.Tokens);
            }
            Assert.Empty(leftOut);
        }
    }

    [Fact]
    public void A_domain_that_is_held_out_is_in_no_count_of_what_is_solved_on()
    {
        using var trace = new DomainTrace(30, 3, alike: false);
        var problem = trace.Problem();
        var run = new ValidationRun();
        var domains = HeldOutParts.Domains(run, problem.Slice!, 32, []);
        Assert.Equal(["a", "b", "c"], domains.Select(d => d.Name));
        for (var d = 0; d < domains.Length; d++)
        {
            var (on, held) = (domains[d].Solve.On, domains[d].HeldOut);
            var expected = new long[DomainTrace.Layers * DomainTrace.Experts];
            for (long row = 0; row < trace.Trace.Tokens; row++)
                if (trace.Trace.Domain(row, 1)[0] != d)
                    for (var layer = 0; layer < DomainTrace.Layers; layer++)
                        expected[layer * DomainTrace.Experts + trace.Trace.NarrowExperts(row, 1)[layer]]++;
            Assert.Equal(expected, RoutingCounts.Of(on).AllLoad.ToArray());
            Assert.Equal(trace.Trace.Tokens / 3, held.Tokens);
            Assert.Equal($"all, without domain {domains[d].Name}", on.Selection);
            Assert.Same(held, domains[d].Specialised!.On);
        }
    }

    [Fact]
    public void A_gain_that_vanishes_on_another_domain_is_warned_of()
    {
        using var trace = new DomainTrace(60, 2, alike: false);
        var result = Validate(trace.Problem());
        foreach (var domain in result.Domains)
        {
            Assert.InRange(domain.TrainingGain, 0.8, 1);
            Assert.InRange(domain.HeldOutGain, -0.2, 0.2);
            Assert.InRange(domain.SpecialisedGain!.Value, 0.8, 1);
            Assert.Contains(result.Warnings, w => w.Contains($"on domain {domain.Name} ", StringComparison.Ordinal)
                && w.Contains("% on the other domains", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void No_warning_where_all_domains_route_alike()
    {
        using var trace = new DomainTrace(60, 2, phases: true);
        var result = Validate(trace.Problem());
        Assert.Empty(result.Warnings);
        Assert.Empty(result.LeftOut);
        Assert.All(result.Domains.Concat(result.Phases).Concat(result.Folds!.Cases), c => Assert.InRange(c.HeldOutGain, 0.8, 1));
        Assert.Equal(["prefill", "decode"], result.Phases.Select(p => p.Name));
        Assert.All(result.Phases, p => Assert.Equal(trace.Trace.Tokens / 2, p.HeldOutTokens));
    }

    [Fact]
    public void The_learning_curve_grows_in_tokens_up_to_the_whole_training_part()
    {
        using var trace = new DomainTrace(100, 0);
        var problem = trace.Problem();
        var curve = Validate(problem).Learning!;
        Assert.Equal([3, 5, 10, 20, 40, 80], curve.Points.Select(p => p.Sequences));
        Assert.Equal(curve.Points.Select(p => (long)p.Sequences * DomainTrace.SequenceTokens), curve.Points.Select(p => p.Tokens));
        Assert.Equal(trace.Trace.Tokens / 5, curve.TestTokens);
        Assert.NotNull(curve.EnoughTokens);
    }

    [Fact]
    public void Measures_are_those_of_the_judge_on_the_slices_that_they_name()
    {
        using var trace = new DomainTrace(40, 2, alike: false);
        var problem = trace.Problem();
        var result = Validate(problem);
        var held = SliceParts.OfByte(problem.Slice!, "b", trace.Trace.Domain, 1, holds: true);
        var on = SliceParts.OfByte(problem.Slice!, "not b", trace.Trace.Domain, 1, holds: false);
        var placement = AffinityPolicy.Place(problem with { Slice = on, Counts = RoutingCounts.Of(on) }, null, Cancellation).Placement;
        Assert.Equal(Crossing(problem, held, placement), result.Domains[1].HeldOut);
        Assert.Equal(Crossing(problem, on, placement), result.Domains[1].Training);
        Assert.Equal(result.Folds!.Cases.Average(c => c.HeldOut), result.Folds.HeldOutMean, 1e-12);
        Assert.Equal(trace.Trace.Tokens / 5, result.Drift!.Windows.Sum(w => w.Tokens));
        Assert.Equal(result.Drift.Windows.Select(w => w.FirstRow).Order(), result.Drift.Windows.Select(w => w.FirstRow));
    }

    [Fact]
    public void The_same_seed_and_iteration_limit_validate_to_the_same_bytes()
    {
        using var trace = new DomainTrace(30, 2, alike: false, phases: true);
        Assert.Equal(JsonSerializer.Serialize(Validate(trace.Problem())), JsonSerializer.Serialize(Validate(trace.Problem())));
    }

    [Fact]
    public void What_a_recording_cannot_give_is_left_out_and_named()
    {
        using var trace = new DomainTrace(30, 0);
        var result = Validate(trace.Problem());
        Assert.Empty(result.Domains);
        Assert.Empty(result.Phases);
        Assert.Equal(2, result.LeftOut.Length);
        Assert.Contains("no domain column", result.LeftOut[0], StringComparison.Ordinal);
        Assert.Contains("prefill", result.LeftOut[1], StringComparison.Ordinal);
        Assert.NotNull(result.Folds);
        Assert.NotNull(result.Drift);
    }

    [Fact]
    public void A_recording_of_one_sequence_is_refused_with_every_reason()
    {
        using var trace = new DomainTrace(1, 0);
        var faults = Assert.Throws<InputException>(() => Validate(trace.Problem())).Faults;
        Assert.All(faults, fault => Assert.Equal("--validate", fault.Field));
        Assert.Equal(["folds", "domains", "phases", "drift and learning curve"], faults.Select(fault => fault.Value.Split(':')[0]));
    }

    [Fact]
    public void Tokens_and_the_test_split_must_be_left_to_judge_on()
    {
        using var trace = new DomainTrace(20, 0);
        var problem = trace.Problem(TraceSplit.Test);
        Assert.Equal(["--split"], Assert.Throws<InputException>(() => Validate(problem)).Faults.Select(f => f.Field));
        var withoutTokens = Assert.Throws<InputException>(() => Validate(problem with { Slice = null }));
        Assert.Equal(["--validate"], withoutTokens.Faults.Select(f => f.Field));
    }

    [Fact]
    public void The_time_limit_is_shared_equally_and_cancelling_leaves_no_result()
    {
        using var trace = new DomainTrace(40, 2);
        var problem = trace.Problem(rounds: 1) with { TimeLimit = TimeSpan.FromHours(1) };
        var limits = new List<TimeSpan>();
        using var source = new CancellationTokenSource();
        var result = Run(part =>
        {
            limits.Add(part.TimeLimit);
            return AffinityPolicy.Place(part, null, Cancellation);
        })!;
        Assert.Equal(result.Solves, limits.Count);
        Assert.Single(limits.Distinct());
        Assert.Equal(limits[0].TotalSeconds, result.SecondsPerSolve);
        Assert.InRange(limits[0].TotalSeconds * limits.Count, 900, 3600);
        Assert.Null(Run(part =>
        {
            source.Cancel();
            return AffinityPolicy.Place(part, null, Cancellation);
        }));

        ValidationResult? Run(Func<PlacementProblem, PlacementSolution> place) => PlacementValidation.Run(
            problem, "affinity", ValidationMeasure.For("crossing"), new ValidationOptions(), (part, _) => place(part), null, source.Token);
    }

    [Fact]
    public void Options_out_of_range_are_all_told()
    {
        var options = new ValidationOptions { Folds = 1, Windows = 0, EarlyShare = 0, MostDomains = 1, LearningShares = [0.5, 0.25] };
        Assert.Equal(5, Assert.Throws<InputException>(options.Validate).Faults.Length);
    }

    private static double Crossing(PlacementProblem problem, TraceSlice slice, ExpertPlacement placement) =>
        PlacementCost.Evaluate(slice, placement, problem.Cluster, problem.Conditions).Measures.GpuCrossingFraction!.Value;

    private static ValidationResult Validate(PlacementProblem problem) => PlacementValidation.Run(
        problem, "affinity", ValidationMeasure.For("crossing"), new ValidationOptions(),
        (part, progress) => AffinityPolicy.Place(part, progress, Cancellation), null, Cancellation)!;
}
