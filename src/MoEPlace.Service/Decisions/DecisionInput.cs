using System.Text.Json;
using MoEPlace.Evaluation;
using MoEPlace.Service.Drift;
using MoEPlace.Service.Jobs;
using MoEPlace.Traces;

namespace MoEPlace.Service.Decisions;

/// <summary>All that a decision depends on but the routing itself; together with the window of routing it gives the same decision again, anywhere.</summary>
/// <param name="Format">Always <see cref="FormatName"/>.</param>
/// <param name="Job">The job.</param>
/// <param name="Number">From 1, in each job.</param>
/// <param name="Trigger">Why it was taken up.</param>
/// <param name="Model">The model.</param>
/// <param name="Cluster">The machines.</param>
/// <param name="Policy">What the job holds it to.</param>
/// <param name="Placement">What is in force: the content of a placement file.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="RoutingFromCounts">Whether the window was drawn from counts, layer by layer by itself, because no tokens came: affinity is not in it.</param>
/// <param name="Drift">How far the traffic is from the reference.</param>
/// <param name="StepSeconds">Median decode step in force; null where none was measured.</param>
/// <param name="TokensSinceApply">Tokens since the last apply; null where there was none.</param>
/// <param name="Simulate">Whether the simulator is asked as well.</param>
/// <param name="Seed">Of the search.</param>
public sealed record DecisionInput(
    string Format,
    string Job,
    int Number,
    DecisionTrigger Trigger,
    MoEModel Model,
    Cluster Cluster,
    LoopPolicy Policy,
    JsonElement Placement,
    int Epoch,
    bool RoutingFromCounts,
    DriftReading Drift,
    double? StepSeconds,
    long? TokensSinceApply,
    bool Simulate,
    long Seed)
{
    /// <summary>What it says that it is.</summary>
    public const string FormatName = "moeplace.decision-input/1";

    /// <summary>Checks all of it, and that it belongs to a window of routing.</summary>
    /// <returns>The placement in force.</returns>
    /// <exception cref="InputException">Something does not hold; every fault is told.</exception>
    internal ExpertPlacement Check(RoutingTrace window)
    {
        var faults = new InputFaults("decision input");
        faults.Require(Format == FormatName, "format", Format, $"\"{FormatName}\"");
        faults.Require(JobSpec.IsName(Job), "job", Job, "the name of a job");
        faults.Require(Number >= 1, "number", Number, "1 or more");
        faults.Require(Enum.IsDefined(Trigger), "trigger", Trigger, "asked or drift");
        Model.Check(faults, "model.");
        var machines = new InputFaults("cluster");
        Cluster.Check(machines);
        faults.AddRange(machines.ToImmutable());
        Policy.Check(faults);
        faults.Require(Epoch >= 0, "epoch", Epoch, "0 or more");
        faults.Require(StepSeconds is not { } step || JobReport.IsStep(step), "stepSeconds", StepSeconds, JobReport.StepRange);
        faults.Require(TokensSinceApply is null or >= 0, "tokensSinceApply", TokensSinceApply, "0 or more");
        var model = window.Model;
        faults.Require(
            model.Layers == Model.Layers && model.Experts == Model.Experts && model.TopK == Model.TopK, "model",
            $"{Model.Layers} layers, {Model.Experts} experts, top-{Model.TopK}",
            $"that of the routing: {model.Layers} layers, {model.Experts} experts, top-{model.TopK}");
        var placement = faults.Try(() => ExpertPlacementFile.Parse(Placement.GetRawText(), "placement"));
        if (placement is not null && !faults.Any)
            PlacementCost.CheckFit(faults, "placement", placement, Model, Cluster);
        faults.ThrowIfAny();
        return placement!;
    }
}
