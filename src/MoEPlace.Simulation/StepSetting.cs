using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Simulation.Kernel;
using MoEPlace.Simulation.Network;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Traces;

namespace MoEPlace.Simulation;

/// <summary>Everything that a simulated step follows from.</summary>
/// <param name="Cluster">Ranks, devices, links.</param>
/// <param name="Placement">Which experts stand where; it fits the routing and the cluster.</param>
/// <param name="Routing">Recorded tokens, with a model that has dimensions.</param>
/// <param name="Schedule">Order, streams, what carries the exchanges.</param>
public sealed record StepSetting(Cluster Cluster, ExpertPlacement Placement, TraceSlice Routing, Schedule Schedule)
{
    /// <summary>The most steps of a simulation.</summary>
    public const int MostSteps = 100_000;

    /// <summary>The model whose sizes count; null for the routing's own. Layers, experts and top-k are those of the routing.</summary>
    public MoEModel? Model { get; init; }

    /// <summary>What the step does. Default: decode.</summary>
    public ServingPhase Phase { get; init; } = ServingPhase.Decode;

    /// <summary>Tokens of one step over all ranks, 1 or more. Default: 512.</summary>
    public int TokensPerStep { get; init; } = 512;

    /// <summary>Tokens in a sequence's cache (decode) or of a prompt (prefill), 1 or more. Default: 1,024.</summary>
    public int ContextTokens { get; init; } = 1024;

    /// <summary>Steps that are simulated one after the other, each on other tokens of the routing, 1 or more. Default: 1.</summary>
    public int Steps { get; init; } = 1;

    /// <summary>The number of the first of them: so many steps' tokens of the routing are passed over. 0 or more. Default: 0.</summary>
    public int FirstStep { get; init; }

    /// <summary>Whether tokens live where the routing records it; else they are dealt evenly. Default: true.</summary>
    public bool RecordedHomes { get; init; } = true;

    /// <summary>Ranks that are gone: they hold no experts and no tokens. Default: none.</summary>
    public ImmutableArray<int> LostRanks { get; init; } = [];

    /// <summary>
    /// How many ranks' streams and links are drawn: first the rank with the busiest port, then that which computes longest, then the lowest
    /// that are left; 0 for no timeline. Default: 0.
    /// </summary>
    public int DrawnRanks { get; init; }

    /// <summary>
    /// Up to this many ranks bytes travel pair by pair, above as sums at the ports: faster, and as long as the busiest port takes. 0 to
    /// 128. Default: 64.
    /// </summary>
    public int PairRanks { get; init; } = 64;

    /// <summary>When to stop a model that does not end.</summary>
    public SimulationLimits Limits { get; init; } = new();

    /// <summary>The routing's model with the sizes that count.</summary>
    internal MoEModel SizedModel => Routing.Trace.Model with { Dimensions = (Model ?? Routing.Trace.Model).Dimensions };

    /// <summary>The same conditions as the step model takes them.</summary>
    internal EvaluationOptions Conditions => new()
    {
        Residency = Schedule.Residency,
        TokensPerStep = TokensPerStep,
        Phase = Phase,
        ContextTokens = ContextTokens,
    };

    /// <summary>Notes everything that keeps this setting from being simulated.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="prefix">The key path in its file; empty at the root.</param>
    public void Check(InputFaults faults, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(faults);
        Cluster.Check(faults);
        Schedule.Check(faults, prefix + "schedule.");
        PlacementCost.CheckFit(faults, prefix + "placement", Placement, Routing.Trace.Model, Cluster);
        faults.Require(
            SizedModel.Dimensions is not null, prefix + "model", Routing.Trace.Model.Name,
            "a model with dimensions: the recording's own has none");
        faults.Require(Enum.IsDefined(Phase), prefix + "phase", Phase, "decode or prefill");
        faults.Require(
            TokensPerStep is >= 1 and <= EvaluationOptions.MostTokens, prefix + "tokensPerStep", TokensPerStep, "1 to 16,777,216");
        faults.Require(
            ContextTokens is >= 1 and <= EvaluationOptions.MostTokens, prefix + "contextTokens", ContextTokens, "1 to 16,777,216");
        faults.Require(Steps is >= 1 and <= MostSteps, prefix + "steps", Steps, $"1 to {MostSteps}");
        faults.Require(FirstStep is >= 0 and <= MostSteps, prefix + "firstStep", FirstStep, $"0 to {MostSteps}");
        faults.Require(
            DrawnRanks >= 0 && DrawnRanks <= Cluster.Ranks, prefix + "drawnRanks", DrawnRanks,
            $"0 to {Cluster.Ranks}, the ranks of the cluster");
        faults.Require(
            PairRanks is >= 0 and <= FlowNetwork.MostRanksByPairs, prefix + "pairRanks", PairRanks, $"0 to {FlowNetwork.MostRanksByPairs}");
        faults.Require(Limits.Events >= 1, prefix + "limits.events", Limits.Events, "1 or more");
        faults.Require(Limits.EventsAtOneInstant >= 1, prefix + "limits.eventsAtOneInstant", Limits.EventsAtOneInstant, "1 or more");
        CheckLostRanks(faults, prefix + "lostRanks");
        CheckCalibration(
            faults, Cluster.Calibration, "calibration.", Routing.Trace.Model.Name, Schedule, prefix + "schedule.", Phase, prefix + "phase");
        CheckSchedule(
            faults, Schedule, prefix + "schedule.", Phase, prefix + "phase", Cluster.Device, Routing.Trace.HasTopOne, Routing.Trace.Path);
    }

    private void CheckLostRanks(InputFaults faults, string field)
    {
        if (!faults.Require(!LostRanks.IsDefault, field, null, "a list"))
            return;
        var seen = new HashSet<int>();
        foreach (var (i, rank) in LostRanks.Index())
        {
            faults.Require(
                rank >= 0 && rank < Cluster.Ranks && seen.Add(rank), $"{field}[{i}]", rank, $"0 to {Cluster.Ranks - 1}, each once");
        }
        faults.Require(LostRanks.Length < Cluster.Ranks, field, LostRanks.Length, "at least one rank that is left");
    }

    /// <summary>Notes what was not measured: another model, another phase, another residency than those of a calibration.</summary>
    internal static void CheckCalibration(
        InputFaults faults, Calibration? calibration, string prefix, string model, Schedule schedule, string schedulePrefix, ServingPhase phase,
        string phaseField)
    {
        if (calibration is null)
            return;
        faults.Require(
            calibration.Model == model, prefix + "model", calibration.Model,
            $"{model}, whose routing this is: times of one model tell nothing of another");
        faults.Require(
            phase == ServingPhase.Decode, phaseField, phase, "decode: the cluster has a calibration, and calibrate measures steps of decode");
        faults.Require(
            schedule.Residency == Residency.Home, schedulePrefix + "residency", schedule.Residency,
            "home: the cluster has a calibration, and calibrate measures exchanges that bring hidden states home");
    }

    /// <summary>Notes what of a schedule does not fit the phase, the device or the recording.</summary>
    internal static void CheckSchedule(
        InputFaults faults, Schedule schedule, string prefix, ServingPhase phase, string phaseField, Device device, bool hasTopOne, string recording)
    {
        var coherent = schedule.Residency == Residency.Coherent;
        faults.Require(
            !coherent || phase == ServingPhase.Decode, phaseField, phase, "decode with residency coherent: its prefill runs home");
        faults.Require(
            !schedule.Backward || phase == ServingPhase.Prefill, phaseField, phase, "prefill with backward: training passes over whole sequences");
        faults.Require(
            !coherent || hasTopOne, prefix + "residency", schedule.Residency,
            $"home: {recording} has neither gate weights nor choices by weight, so that no top-1 can be told");
        var most = (device.Multiprocessors ?? 1) - 1;
        faults.Require(
            schedule.CommunicationSms <= most, prefix + "communicationSms", schedule.CommunicationSms,
            device.Multiprocessors is null
                ? "0: the cluster's device does not tell its multiprocessors"
                : $"0 to {most}, fewer than the device has");
    }
}
