using System.Collections.Immutable;
using MoEPlace.Results;
using MoEPlace.Simulation.Devices;
using MoEPlace.Simulation.Kernel;
using MoEPlace.Simulation.Measures;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Simulation.Streams;
using MoEPlace.Simulation.Work;

namespace MoEPlace.Simulation;

/// <summary>Steps of a model on a cluster: work is counted from the routing, composed by the schedule, and run by actors.</summary>
public static class StepSimulation
{
    /// <summary>
    /// Simulates the steps of a setting one after the other: each begins when the one before has ended on all ranks, since its tokens are
    /// sampled from it.
    /// </summary>
    /// <param name="setting">What is simulated.</param>
    /// <param name="name">The variant's name.</param>
    /// <param name="description">What differs, in words; that rows of the routing come again is added to it.</param>
    /// <param name="placementName">The policy of the placement, or its file.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="InputException">The setting cannot be simulated; every fault is told.</exception>
    /// <exception cref="StoppedModelException">A step does not end.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static SimulatedVariant Run(
        StepSetting setting, string name, string description, string placementName, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(setting);
        var faults = new InputFaults(name);
        setting.Check(faults);
        faults.ThrowIfAny();
        var tokens = new RoutedTokens(setting.Routing, setting.Phase);
        if (((long)setting.FirstStep + setting.Steps) * setting.TokensPerStep > tokens.Count)
            description += "; the routing is shorter and repeats";
        var spans = new SpanTotals(setting.Cluster.Ranks, setting.LostRanks);
        var work = new WorkTotals(setting.Cluster.Ranks, setting.LostRanks);
        var (links, events) = (new LinkTotals(setting.Cluster), 0L);
        Timeline? timeline = null;
        for (var step = 0; step < setting.Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            var parts = Count(setting, tokens, setting.FirstStep + step);
            var program = StepComposition.Compose(setting, parts);
            var recording = ProgramRun.Run(program, setting.Cluster, setting.Limits, recordLinks: step == 0, cancellation);
            spans.Add(recording);
            work.Add(program, parts.Works);
            links.Add(recording);
            events += recording.Events;
            if (step == 0 && setting.DrawnRanks > 0)
                timeline = TimelineDrawing.Draw(recording, setting.DrawnRanks);
        }
        return new SimulatedVariant(
            name, description, setting.Cluster.Name, setting.Cluster.Nodes, setting.Cluster.RanksPerNode, placementName,
            ScheduleText.Describe(setting.Schedule), setting.Steps, setting.TokensPerStep, Measures(setting, spans, work),
            spans.PhaseTimes(), [.. spans.StreamUse(), .. links.Use()], links.Loads, timeline, events);
    }

    /// <summary>Counts the work of one step, part by part.</summary>
    internal static StepParts Count(StepSetting setting, RoutedTokens tokens, int step)
    {
        var (schedule, dimensions) = (setting.Schedule, setting.SizedModel.Dimensions!);
        var options = new WorkOptions
        {
            Residency = schedule.Residency,
            AllToAll = schedule.AllToAll,
            Copies = schedule.Copies,
            CapacityFactor = schedule.CapacityFactor,
            DispatchBytesPerToken = schedule.DispatchBytesPerElement == 1
                ? ExchangeFormat.BytesPerCopy(ExchangeDirection.Dispatch, dimensions.HiddenSize)
                : dimensions.HiddenStateBytes,
            CombineBytesPerToken = dimensions.HiddenStateBytes,
            ContextBytesPerTokenLayer = schedule.Residency == Residency.Coherent ? dimensions.KeyValueBytesPerTokenLayer : 0,
            Phase = setting.Phase,
            TokensPerStep = setting.TokensPerStep,
            LostRanks = setting.LostRanks,
            RecordedHomes = setting.RecordedHomes,
            PairRanks = setting.PairRanks,
        };
        var count = schedule.MicroBatches * schedule.PipelineDegree;
        var works = Enumerable.Range(0, count).Select(
            part => StepWork.Count(tokens, setting.Placement, setting.Cluster, options, step, part, count));
        return new StepParts(schedule.MicroBatches, schedule.PipelineDegree, [.. works]);
    }

    private static ImmutableSortedDictionary<string, double> Measures(StepSetting setting, SpanTotals spans, WorkTotals work)
    {
        var measures = ImmutableSortedDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        measures[SimulationMeasure.StepSeconds] = spans.StepSeconds;
        measures[SimulationMeasure.StepSecondsP95] = spans.StepSecondsP95;
        measures[SimulationMeasure.TokensPerSecond] = setting.TokensPerStep / spans.StepSeconds;
        measures[SimulationMeasure.ExchangeSeconds] = spans.ExchangeSeconds;
        measures[SimulationMeasure.RoutingSeconds] = spans.RoutingSeconds;
        measures[SimulationMeasure.ExposedExchangeSeconds] = spans.ExposedExchangeSeconds;
        measures[SimulationMeasure.WaitSeconds] = spans.WaitSeconds;
        measures[SimulationMeasure.ComputeSeconds] = spans.ComputeSeconds;
        measures[SimulationMeasure.ExpertSecondsMost] = spans.MostSeconds(StepPhase.Experts);
        measures[SimulationMeasure.IntraNodeBytes] = (double)work.IntraNodeBytes / setting.Steps;
        measures[SimulationMeasure.InterNodeBytes] = (double)work.InterNodeBytes / setting.Steps;
        measures[SimulationMeasure.Imbalance] = work.Imbalance;
        measures[SimulationMeasure.DroppedFraction] = work.DroppedFraction;
        return measures.ToImmutable();
    }
}
