using System.Collections.Immutable;
using System.Text.Json;
using MoEPlace.Service.Decisions;
using MoEPlace.Service.Drift;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Routing;

namespace MoEPlace.Service.Tests.Decisions;

/// <summary>A decision over made-up routing, with experts placed contiguously at first.</summary>
internal static class MadeDecision
{
    /// <summary>Four layers of 8 experts of 400 kB.</summary>
    internal static readonly MoEModel Model = new(
        "made", 4, [0, 1, 2, 3], 8, 2, new ModelDimensions(256, 128, 0, 0, 512, 4, 4, 64, 64, 0, 0, 0, 4, 4, 4));

    /// <summary>Two nodes of two ranks, with a slow link between them.</summary>
    internal static readonly Cluster Cluster = ClusterPresets.Parse("h100-8:2x2") with { InterNode = new Link(1e7, 50_000, "slow"), IntraNode = new Link(1e8, 10_000, "slow") };

    /// <summary>What a decision depends on.</summary>
    internal static DecisionInput Input(LoopPolicy? policy = null, MoEModel? model = null) => new(
        DecisionInput.FormatName, "job", 1, DecisionTrigger.Asked, model ?? Model, Cluster, policy ?? new LoopPolicy(SearchIterations: 3_000), Json(Contiguous()), 0,
        false, new DriftReading(0, 0, false, null, 0, 0), 0.01, null, false, 7);

    /// <summary>Writes a window of routing.</summary>
    internal static void Write(string path, long seed = 1, MoEModel? model = null)
    {
        var window = new RoutingWindow(model ?? Model, 4_096);
        window.Add(new MadeRouting(seed, model ?? Model, 4).Next(40, 60, 0, 4));
        window.WriteTrace(path, "job", seed);
    }

    /// <summary>Expert e on rank e / 2.</summary>
    internal static ExpertPlacement Contiguous() => ExpertPlacement.FromRanks(
        Model, Cluster, [.. Enumerable.Range(0, 32).Select(cell => cell % 8 / 2)],
        new PlacementProvenance("contiguous", "", ImmutableSortedDictionary<string, string>.Empty, 0, "test"));

    /// <summary>The content of a placement file.</summary>
    internal static JsonElement Json(ExpertPlacement placement) => JsonSerializer.Deserialize<JsonElement>(ExpertPlacementFile.ToJson(placement));
}
