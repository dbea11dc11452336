using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using MoEPlace.Evaluation;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Results;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Calibrating;

/// <summary>
/// Measures what the phases of a decode step take on the ranks of a group, all of them busy at once: the executor's own code on made-up
/// tokens.
/// </summary>
public static class CalibrationRun
{
    private const string ProcessorFile = "/proc/cpuinfo";

    /// <summary>Loads the model, as many experts on every rank, and measures; every rank calls it with the same arguments.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="checkpoint">The model.</param>
    /// <param name="device">The device of this rank.</param>
    /// <param name="type">Element type of weights and activations.</param>
    /// <param name="options">What is measured.</param>
    /// <param name="cancellation">Ends it; the same on all ranks.</param>
    /// <returns>What was measured, the same on every rank.</returns>
    /// <exception cref="InputException">Something does not fit; every fault is told.</exception>
    /// <exception cref="RankLossException">Another rank is gone.</exception>
    public static CalibrationMeasurements Run(
        IRankGroup group, Checkpoint checkpoint, TorchDevice device, ScalarType type, CalibrationOptions options,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(options);
        var config = checkpoint.Config;
        var faults = new InputFaults("calibrate");
        options.Check(faults, config, group.Size);
        faults.ThrowIfAny();
        var cores = AgreeOnCores(group, options.RanksPerNode);
        var placement = ContiguousPlacement.Of(config, group.Size / options.RanksPerNode, options.RanksPerNode);
        using var noGradients = torch.no_grad();
        using var model = MoELanguageModel.Load(checkpoint, placement, new RankId(group.Rank), device, type);
        var bytes = (long)config.HiddenSize * Tensor.BytesOf(type);
        var exchange = new ExpertExchange(
            group, new DispatchRule(placement), new TrafficCounters(group.Rank, options.RanksPerNode, bytes));
        using var compute = new ComputeSamples(group, model, placement, options);
        using var exchanges = new ExchangeSamples(group, model, placement, exchange, options);

        var attention = ImmutableArray.CreateBuilder<MeasuredTokens>();
        var experts = ImmutableArray.CreateBuilder<MeasuredExperts>();
        var step = ImmutableArray.CreateBuilder<MeasuredTokens>();
        var sent = ImmutableArray.CreateBuilder<MeasuredExchange>();
        WorkSample[] samples =
        [
            .. compute.Attention(attention.Add), .. compute.Experts(exchange, experts.Add), .. compute.Step(step.Add),
            .. exchanges.All(compute, sent.Add),
        ];
        new SampleRounds(group, samples, options).Run(cancellation);
        return new CalibrationMeasurements(
            CalibrationMeasurements.FormatName, Describe(device, group), config.Name, NameOf(type), placement.Nodes, placement.RanksPerNode,
            device.IsCuda ? null : Math.Min(cores, placement.RanksPerNode), attention.ToImmutable(), experts.ToImmutable(),
            step.ToImmutable(), sent.ToImmutable());
    }

    /// <summary>The least cores of a node; all ranks must have been told the same number of ranks on each.</summary>
    private static int AgreeOnCores(IRankGroup group, int ranksPerNode)
    {
        var told = group.ToAll([ranksPerNode, Environment.ProcessorCount]);
        if (told.FirstOrDefault(one => one[0] != ranksPerNode) is { } other)
            throw new InputException(
                "calibrate", "LOCAL_WORLD_SIZE", other[0].ToString(CultureInfo.InvariantCulture),
                string.Create(CultureInfo.InvariantCulture, $"{ranksPerNode}, as on another rank: as many ranks on every node"));
        return (int)told.Min(one => one[1]);
    }

    private static string NameOf(ScalarType type) => type.ToString().ToLowerInvariant();

    private static string Describe(TorchDevice device, IRankGroup group)
    {
        var (kind, processor) = (group is VirtualRanks ? "threads" : "processes",
            device.IsCuda ? torch.cuda.describe(device.Index).Name : Processor());
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{processor}, {Environment.ProcessorCount} {(Environment.ProcessorCount == 1 ? "core" : "cores")} a node, {group.Size} ranks as {kind}, ")
            + $"MoEPlace {MoEPlaceVersion.Current}, libtorch {torch.Version}";
    }

    private static string Processor()
    {
        const string key = "model name";
        var line = File.Exists(ProcessorFile)
            ? File.ReadLines(ProcessorFile).FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal)) : null;
        return line?.Split(':', 2)[^1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
