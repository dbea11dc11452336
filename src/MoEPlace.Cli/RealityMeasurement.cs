using System.Collections.Immutable;
using System.Text.Json;
using MoEPlace.Evaluation;
using MoEPlace.Executor.Ranks.Emulation;
using MoEPlace.Executor.Running;
using MoEPlace.Results;
using MoEPlace.Simulation.Streams;
using MoEPlace.Traces;

namespace MoEPlace.Cli;

/// <summary>Measures one setting, and simulates it.</summary>
/// <param name="program">Starts the ranks.</param>
/// <param name="nodes">The nodes that they stand on; null for this machine as it is.</param>
/// <param name="link">The link between them.</param>
internal sealed class RealityMeasurement(RankProgram program, EmulatedNodes? nodes, RealityLink link)
{
    /// <summary>Phases as the report has them, from those of the clock and of the simulation.</summary>
    private static readonly (string Name, RunPhase[] Measured, string[] Simulated)[] Phases =
    [
        ("attention", [RunPhase.Attention, RunPhase.Dense], [StepPhase.Attention, StepPhase.Dense]),
        ("dispatch", [RunPhase.Dispatch], [StepPhase.Dispatch]),
        ("experts", [RunPhase.Experts, RunPhase.Shared], [StepPhase.Experts, StepPhase.Shared]),
        ("combine", [RunPhase.Combine], [StepPhase.Combine]),
        ("step", [RunPhase.Step, RunPhase.Context, RunPhase.Apply], [StepPhase.Step]),
    ];

    /// <summary>Runs the job, which records what it runs, and simulates the same.</summary>
    /// <param name="job">The job.</param>
    /// <param name="file">The file of the placement.</param>
    /// <param name="cancellation">Ends it.</param>
    internal RealityHalf Run(RealityJob job, string file, CancellationToken cancellation)
    {
        var placement = ExpertPlacementFile.Read(file);
        var (times, trace) = (Path.ChangeExtension(file, ".times.json"), Path.ChangeExtension(file, ".trace.safetensors"));
        var before = Sent();
        var told = program.Run([.. job.Arguments, "--placement", file, "--times", times, "--record", trace], cancellation);
        var carried = Sent() - before;
        var steps = Counted(StepTimesFile.Read(times), job);
        using var routing = RoutingTrace.Open(trace);
        var recorded = new TraceSlice(routing, TraceSplit.All);
        using var json = JsonDocument.Parse(told);
        var measured = json.RootElement.GetProperty("interNodeBytes").GetInt64();
        var options = new EvaluationOptions { TokensPerStep = job.Batch, ContextTokens = job.Length };
        var judged = PlacementCost.Evaluate(recorded, placement, link.Cluster, options).Measures;
        var simulated = RealitySimulation.Run(link.Cluster, placement, recorded, job, cancellation);
        File.Delete(times);
        File.Delete(trace);
        return new RealityHalf(steps, simulated, measured, judged.InterNodeBytes ?? 0, carried);
    }

    /// <summary>What the runs of one setting come to.</summary>
    internal static RealitySetting Join(string link, string placement, int batch, IReadOnlyCollection<RealityHalf> halves)
    {
        TimedStep[] steps = [.. halves.SelectMany(half => half.Steps)];
        var simulated = halves.SelectMany(half => half.Simulated).ToArray();
        var seconds = steps.Select(step => step.Seconds).ToArray();
        return new RealitySetting(
            link, placement, batch, steps.Length, Quantile(seconds, 0.5), Quantile(seconds, 0.1), Quantile(seconds, 0.9),
            Quantile(simulated.Select(step => step.Seconds), 0.5), halves.Sum(half => half.LinkBytes), halves.Sum(half => half.EvaluatedBytes),
            halves.Any(half => half.AdapterBytes is null) ? null : halves.Sum(half => half.AdapterBytes),
            [
                .. Phases.Select(phase => new RealityPhase(
                    phase.Name,
                    Quantile(steps.Select(step => phase.Measured.Sum(one => step.PhaseSeconds[(int)one])), 0.5),
                    Quantile(simulated.Select(step => phase.Simulated.Sum(one => step.Phases.GetValueOrDefault(one))), 0.5))),
            ]);
    }

    /// <summary>The steps that count: all sequences decode, and the machine is warm.</summary>
    internal static ImmutableArray<TimedStep> Counted(StepTimesFile times, RealityJob job)
    {
        var decoded = times.Steps.Where(step => !step.Prefill).ToArray();
        var odd = Array.Find(decoded, step => step.Tokens != job.Batch);
        return odd is null && decoded.Length == RealityJob.WarmUp + job.Steps
            ? [.. decoded[RealityJob.WarmUp..]]
            : throw new InputException(
                "reality", "--batches", job.Batch, $"no more than the sequences of {RealityJob.Prompt} bytes that --text holds out");
    }

    /// <summary>The value that a share of all are not above, by nearest rank.</summary>
    internal static double Quantile(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
    }

    private long? Sent() => nodes is null ? null : Enumerable.Range(0, nodes.Count).Sum(node => nodes.Carried(node).Sent);
}
