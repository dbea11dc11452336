using System.Collections.Immutable;
using System.Text.Json;
using MoEPlace.Results;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Decisions;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.State;

namespace MoEPlace.Service.Tests.State;

/// <summary>Small things to put on record.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    public static readonly MoEModel Model = new("m", 2, [0, 1], 4, 2);
    public static readonly Cluster Cluster = ClusterPresets.Find("cpu-loopback")! with { Nodes = 1, RanksPerNode = 2 };
    public static readonly PlacementMeasures Measures = new(256, 0.5, 0, 1.5, 0, null, null, null, 1.25, 1.5, 1.5, null, null);
    public static readonly ExpertPlacement From = PlacementOf(0, 0, 1, 1);
    public static readonly ExpertPlacement To = PlacementOf(0, 1, 0, 1);

    public static ExpertPlacement PlacementOf(params int[] rankOfExpert)
    {
        var provenance = new PlacementProvenance("test", "", ImmutableSortedDictionary<string, string>.Empty, 0, "0");
        return ExpertPlacement.FromRanks(Model, Cluster, [.. rankOfExpert, .. rankOfExpert], provenance);
    }

    public static JobRecord JobOf(string name = "job") => new(SpecOf(name), 3, From.Digest, null, Noon);

    public static JobSpec SpecOf(string name = "job", LoopPolicy? policy = null) =>
        new(name, Model, Cluster, JsonDocument.Parse(ExpertPlacementFile.ToJson(From)).RootElement, Policy: policy);

    public static Apply ApplyOf(int number = 1, ApplyPhase phase = ApplyPhase.Asked, string job = "job") => new(
        job, number, 1, "test", From.Digest, To.Digest, 3, phase, 1, 1, 1_000_000, 0.02, 0.018, null, null, 3, From.Digest, "asked", Noon, Noon);

    public static Decision DecisionOf(int number, ExpertPlacement? plan = null, string job = "job") => new(
        Decision.FormatName, job, number, plan is null ? Verdict.Keep : Verdict.Apply, ["it is \"better\" \0"],
        plan is null ? null : JsonDocument.Parse(ExpertPlacementFile.ToJson(plan)).RootElement, plan?.Digest, Measures, null, [0.5], [0.25],
        null, null, 0.018, 1 << 20, 0.5, 3.25, ["expert 1 moves"]);

    public static ServiceEvent EventOf(string kind, string job = "job") => new(0, Noon, job, kind, $"{kind} \0 \"told\"");
}
