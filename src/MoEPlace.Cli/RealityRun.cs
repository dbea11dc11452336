using System.Collections.Immutable;
using MoEPlace.Executor.Ranks.Emulation;
using MoEPlace.Placement;
using MoEPlace.Placement.Affinity;
using MoEPlace.Placement.Policies;
using MoEPlace.Results;
using MoEPlace.Traces;

namespace MoEPlace.Cli;

/// <summary>
/// Measures steps of a model on ranks of this machine and simulates the same ones: for every link speed the cluster that <c>calibrate</c>
/// writes, for every batch and placement a run.
/// </summary>
internal sealed class RealityRun
{
    private const double BytesOfMegabit = 125_000;
    private const int SearchIterations = 200;
    private const double CalibrationSecondsPerStep = 0.3;
    private readonly RealityOptions options;
    private readonly Terminal terminal;
    private readonly EmulatedNodes? nodes;
    private readonly RankProgram program;
    private readonly CancellationToken cancellation;

    private RealityRun(RealityOptions options, EmulatedNodes? nodes, Terminal terminal, CancellationToken cancellation)
    {
        (this.options, this.nodes, this.terminal, this.cancellation) = (options, nodes, terminal, cancellation);
        program = new RankProgram(RealityOptions.Ranks, nodes, terminal);
    }

    /// <summary>Measures everything.</summary>
    /// <exception cref="InputException">A batch is larger than the text.</exception>
    /// <exception cref="Executor.Ranks.RankLossException">A rank failed.</exception>
    internal static RealityResult Run(RealityOptions options, Terminal terminal, CancellationToken cancellation)
    {
        Directory.CreateDirectory(options.Folder);
        var why = EmulatedNodes.WhyNot();
        if (why is not null)
            terminal.Error($"note: one node, whose links have no limit: this machine makes no nodes ({why})");
        using var nodes = why is null ? EmulatedNodes.Create(RealityOptions.Nodes) : null;
        return new RealityRun(options, nodes, terminal, cancellation).All();
    }

    private RealityResult All()
    {
        using var trace = Record();
        var placements = Placements(trace);
        var links = ImmutableArray.CreateBuilder<RealityLink>();
        var settings = ImmutableArray.CreateBuilder<RealitySetting>();
        foreach (var megabits in nodes is null ? [null] : options.LinkMegabits.Select(rate => (double?)rate))
        {
            links.Add(Calibrate(megabits));
            var measurement = new RealityMeasurement(program, nodes, links[^1]);
            foreach (var batch in options.Batches)
                settings.AddRange(Measure(measurement, links[^1], options.Job(batch), placements));
        }
        var first = links[0].Measurements;
        return new RealityResult(
            RealityResult.FormatName, first.Machine, first.Model, first.Nodes, first.RanksPerNode,
            nodes is null ? null : EmulatedNodes.InWords,
            string.Join(", ", options.Texts.Select(text => Path.GetFileName(Path.TrimEndingDirectorySeparator(text)))),
            links.ToImmutable(),
            settings.ToImmutable(), Migrate(links[^1], trace.Model, placements[0].File));
    }

    /// <summary>Each placement twice, there and back again: what the machine grows slower or faster by hits all of them.</summary>
    private IEnumerable<RealitySetting> Measure(
        RealityMeasurement measurement, RealityLink link, RealityJob job, (string Name, string File)[] placements)
    {
        var halves = placements.Select(_ => new List<RealityHalf>()).ToArray();
        int[] there = [.. Enumerable.Range(0, placements.Length)];
        foreach (var i in there.Concat(there.Reverse()))
        {
            Tell($"{link.Name}: {job.Batch} tokens a step, {placements[i].Name}");
            halves[i].Add(measurement.Run(job, placements[i].File, cancellation));
        }
        return there.Select(i => RealityMeasurement.Join(link.Name, placements[i].Name, job.Batch, halves[i]));
    }

    private RoutingTrace Record()
    {
        var job = options.Recorded();
        Tell($"recording {job.Batch} tokens a step of other sequences, to place experts by");
        var file = options.File($"recording.safetensors");
        program.Run([.. job.Arguments, "--record", file], cancellation);
        return RoutingTrace.Open(file);
    }

    /// <summary>What engines do, and what is best for the bytes of what was recorded.</summary>
    private (string Name, string File)[] Placements(RoutingTrace trace)
    {
        Tell("placing");
        var cluster = ClusterPresets.Parse(nodes is null
            ? FormattableString.Invariant($"1x{RealityOptions.Ranks}")
            : FormattableString.Invariant($"{RealityOptions.Nodes}x{RealityOptions.Ranks / RealityOptions.Nodes}"));
        var slice = new TraceSlice(trace, TraceSplit.All);
        var problem = PlacementProblem.Create(
            trace.Model, cluster, RoutingCounts.Of(slice), slice, PlacementObjective.Copies, timeLimit: TimeSpan.MaxValue / 2,
            iterationLimit: SearchIterations, traceDigest: trace.Digest) with
        { WantsBound = false };
        return
        [
            Write(ContiguousPolicy.Name, ContiguousPolicy.Place(problem)), Write("affinity", AffinityPolicy.Place(problem, null, cancellation)),
        ];

        (string, string) Write(string name, PlacementSolution solution)
        {
            var file = options.File($"{name}.json");
            ExpertPlacementFile.Write(file, solution.Placement);
            return (name, file);
        }
    }

    private RealityMigration Migrate(RealityLink link, MoEModel model, string begin)
    {
        Tell($"{link.Name}: moving a quarter of the experts beside steps of {options.Batches[0]} tokens");
        return new RealityMigrationRun(options, program, nodes, link).Run(options.Batches[0], options.Positions, model, begin, cancellation);
    }

    private RealityLink Calibrate(double? megabits)
    {
        var name = megabits is null ? "this machine" : FormattableString.Invariant($"{megabits} Mbit/s");
        Tell($"{name}: calibrating");
        nodes?.SetLink(megabits * BytesOfMegabit);
        var label = megabits is null ? "here" : FormattableString.Invariant($"{megabits}");
        var (cluster, measured) = (options.File($"cluster-{label}.json"), options.File($"measurements-{label}.json"));
        // Where more steps are measured, so are more phases.
        var seconds = FormattableString.Invariant($"{Math.Clamp(options.Steps * CalibrationSecondsPerStep, 2, 60)}");
        program.Run(
            ["calibrate", options.Checkpoint, "--device", "cpu", "--seconds", seconds, "-o", cluster, "--measurements", measured], cancellation);
        var told = StrictJson.Read<CalibrationMeasurements>(measured, CalibrationMeasurements.FormatName);
        return new RealityLink(name, megabits * BytesOfMegabit, Reached(told), Cluster.Read(cluster), told);
    }

    /// <summary>The most that an exchange brought out of a node, or on one node out of a rank, its start-up included.</summary>
    private static double Reached(CalibrationMeasurements measured)
    {
        var (each, far) = (measured.RanksPerNode, (measured.Nodes - 1) * measured.RanksPerNode);
        return measured.Exchanges.Where(one => one.Peers == (far > 0 ? "inter-node" : "intra-node"))
            .Max(one => one.BytesPerPeer * (far > 0 ? (double)each * far : each - 1) / one.Time.Median);
    }

    private void Tell(string what) => terminal.Error($"reality: {what}");
}
