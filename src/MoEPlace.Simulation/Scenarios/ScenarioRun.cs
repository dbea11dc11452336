using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Results;
using MoEPlace.Simulation.Kernel;
using MoEPlace.Traces;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>Runs scenarios. The same scenario and seed give the same result however many variants run at once.</summary>
/// <param name="Place">Places experts by a policy.</param>
/// <param name="Step">Simulates steps.</param>
public sealed record ScenarioRun(PlacementSource Place, StepRunner Step)
{
    /// <summary>How many ranks have their streams and links drawn, those that matter most first; 0 for no timeline. Default: 0.</summary>
    public int DrawnRanks { get; init; }

    /// <summary>Variants that run at once, 1 or more. Default: as many as there are cores.</summary>
    public int AtOnce { get; init; } = Environment.ProcessorCount;

    /// <summary>Runs a scenario.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="progress">Told before and after each variant.</param>
    /// <param name="cancellation">Ends the run; there is no result then.</param>
    /// <exception cref="InputException">A policy cannot place what it is given.</exception>
    /// <exception cref="StoppedModelException">A step does not end, or not within what a clock holds.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public SimulationResult Run(Scenario scenario, IProgress<ScenarioProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var variants = scenario.Variants;
        using var traces = new ScenarioTraces();
        var settings = new StepSetting[variants.Length];
        var placed = new List<(ScenarioVariant Variant, ExpertPlacement Placement)>();
        for (var i = 0; i < settings.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report(new ScenarioProgress(0, settings.Length, $"placing for {variants[i].Name}"));
            settings[i] = Setting(variants[i], traces.Open(variants[i], cancellation), placed, cancellation);
        }
        var ran = new SimulatedVariant[settings.Length];
        var done = 0;
        try
        {
            Parallel.For(0, settings.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, i =>
            {
                progress?.Report(new ScenarioProgress(
                    Volatile.Read(ref done), settings.Length, $"variant {i + 1} of {settings.Length}, {variants[i].Name}"));
                ran[i] = Simulate(settings[i], variants[i], cancellation);
                Interlocked.Increment(ref done);
            });
        }
        catch (AggregateException e) when (
            cancellation.IsCancellationRequested && e.Flatten().InnerExceptions.All(c => c is OperationCanceledException))
        {
            throw new OperationCanceledException(cancellation);
        }
        return Tell(scenario, settings[0].Routing.Trace.Header, [.. ran]);
    }

    private SimulatedVariant Simulate(StepSetting setting, ScenarioVariant variant, CancellationToken cancellation)
    {
        try
        {
            return Step(setting, variant.Name, variant.Description, variant.Placement.Words, cancellation);
        }
        catch (Exception e) when (e is StoppedModelException || e is ActorException { InnerException: StoppedModelException })
        {
            throw new StoppedModelException($"variant {variant.Name}: {e.Message}");
        }
        catch (Exception e) when (e is OverflowException || e is ActorException { InnerException: OverflowException })
        {
            throw new StoppedModelException($"variant {variant.Name}: it takes longer than a clock holds");
        }
    }

    private StepSetting Setting(
        ScenarioVariant variant, RoutingTrace trace, List<(ScenarioVariant Variant, ExpertPlacement Placement)> placed,
        CancellationToken cancellation)
    {
        var placement = variant.Placement.File is { } file ? WithoutLost(ExpertPlacementFile.Read(file), variant.LostRanks)
            : placed.Find(other => SamePlacement(other.Variant, variant)).Placement;
        if (placement is null)
        {
            placement = Place(variant, RoutingSlices.Of(trace, variant.Routing, variant.Placement.Split), cancellation);
            cancellation.ThrowIfCancellationRequested();
            placed.Add((variant, placement));
        }
        return new StepSetting(
            variant.Cluster, placement, RoutingSlices.Of(trace, variant.Routing, variant.Routing.Split), variant.Schedule)
        {
            Model = variant.Model,
            Phase = variant.Work.Phase,
            TokensPerStep = variant.TokensPerStep,
            ContextTokens = variant.Work.ContextTokens,
            Steps = variant.Work.Steps,
            LostRanks = variant.LostRanks,
            RecordedHomes = variant.Routing.RecordedHomes,
            DrawnRanks = Math.Min(DrawnRanks, variant.Cluster.Ranks),
        };
    }

    /// <summary>Whether two variants ask a policy for the same placement.</summary>
    private static bool SamePlacement(ScenarioVariant a, ScenarioVariant b) =>
        a.Placement == b.Placement && a.Routing == b.Routing && a.Model.Equals(b.Model) && a.Cluster == b.Cluster
        && a.Conditions == b.Conditions && a.LostRanks.AsSpan().SequenceEqual(b.LostRanks.AsSpan());

    private static ExpertPlacement WithoutLost(ExpertPlacement placement, ImmutableArray<int> lost)
    {
        if (lost.IsEmpty)
            return placement;
        var slots = placement.ToSlots().Select(layer =>
            (ImmutableArray<ImmutableArray<int>>)[.. layer.Select((experts, rank) => lost.Contains(rank) ? [] : experts)]);
        return new ExpertPlacement(
            placement.Model, placement.HiddenLayers, placement.MoeLayerIds, placement.Experts, placement.Nodes, placement.RanksPerNode,
            [.. slots],
            placement.Provenance);
    }

    private static SimulationResult Tell(Scenario scenario, TraceHeader routing, ImmutableArray<SimulatedVariant> ran)
    {
        var (content, baseline) = (scenario.Content, scenario.Variants[0]);
        return new SimulationResult(
            SimulationResult.FormatName,
            content.Name,
            content.Title,
            content.Question,
            baseline.Model.Name,
            routing.Origin == TraceOrigin.Measured ? "measured" : "synthetic",
            routing.Source,
            baseline.Schedule.Backward ? "training" : baseline.Work.Phase == ServingPhase.Decode ? "decode" : "prefill",
            content.Seed,
            ran,
            [.. content.Expect.Select(expected => Outcome(expected, ran))],
            [.. content.Published.Select(claim => new PublishedFigure(
                claim.System, claim.Source, claim.Measure, claim.Configuration, claim.Published, claim.PublishedValue,
                Value(claim.Ours, ran), claim.Difference))],
            content.Assumptions);
    }

    private static ExpectationOutcome Outcome(Expectation expected, ImmutableArray<SimulatedVariant> ran)
    {
        var value = Value(new MeasureChoice(expected.Measure, expected.Variant, expected.Over), ran);
        return new ExpectationOutcome(
            expected.Measure, expected.Variant, expected.Over, expected.Least, expected.Most, expected.Why, value,
            value >= (expected.Least ?? double.MinValue) && value <= (expected.Most ?? double.MaxValue));
    }

    /// <summary>
    /// A measure, or its ratio; over nothing 1 where there is nothing either, else the largest number, for JSON knows no infinity.
    /// </summary>
    private static double Value(MeasureChoice choice, ImmutableArray<SimulatedVariant> ran)
    {
        var value = Of(choice.Variant);
        if (choice.Over is not { } other)
            return value;
        var over = Of(other);
        return over != 0 ? value / over : value == 0 ? 1 : double.MaxValue;

        double Of(string name) => ran.First(v => v.Name == name).Measures.GetValueOrDefault(choice.Measure);
    }
}
