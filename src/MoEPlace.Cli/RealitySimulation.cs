using System.Collections.Immutable;
using MoEPlace.Results;
using MoEPlace.Simulation;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Simulation.Streams;
using MoEPlace.Traces;

namespace MoEPlace.Cli;

/// <summary>The steps of a decode job in virtual time: each with its own tokens and as many of each sequence in the cache as there were.</summary>
internal static class RealitySimulation
{
    private static readonly string Communication = "communication", Compute = "compute";

    /// <summary>Simulates the steps that count.</summary>
    /// <param name="cluster">With the calibration of its machine.</param>
    /// <param name="placement">Where the experts stand.</param>
    /// <param name="recorded">All that the job ran.</param>
    /// <param name="job">The job.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>By step: its seconds, and the seconds of every phase, mean over ranks, waiting for an exchange part of it.</returns>
    internal static ImmutableArray<(double Seconds, ImmutableDictionary<string, double> Phases)> Run(
        Cluster cluster, ExpertPlacement placement, TraceSlice recorded, RealityJob job, CancellationToken cancellation)
    {
        var setting = new StepSetting(cluster, placement, recorded, new Schedule())
        {
            TokensPerStep = job.Batch,
            DrawnRanks = cluster.Ranks,
        };
        return
        [
            .. Enumerable.Range(RealityJob.WarmUp, job.Steps).Select(step =>
            {
                var told = StepSimulation.Run(
                    setting with { FirstStep = step, ContextTokens = RealityJob.Prompt + step + 1 }, "reality", "", placement.Provenance.Policy,
                    cancellation);
                return (told.Measures[SimulationMeasure.StepSeconds], Phases(told.Timeline!, cluster.Ranks));
            }),
        ];
    }

    private static ImmutableDictionary<string, double> Phases(Timeline timeline, int ranks)
    {
        var phases = new Dictionary<string, double>();
        for (var i = 0; i < timeline.Spans.Length; i++)
        {
            var span = timeline.Spans[i];
            var name = timeline.Tracks[span.Track].Name;
            if (name != Communication && name != Compute)
                continue;
            // Whoever waits does so for the exchange that comes next on the same stream.
            var phase = span.Phase == StepPhase.Wait ? timeline.Spans[i + 1].Phase : span.Phase;
            phases[phase] = phases.GetValueOrDefault(phase) + span.DurationPicoseconds * 1e-12 / ranks;
        }
        return phases.ToImmutableDictionary();
    }
}
