namespace MoEPlace;

/// <summary>
/// What the phases of a decode step were measured to take on the ranks of a cluster, all of them busy at once (<c>calibrate</c>). Where a cluster
/// has one, a simulation takes its times instead of rooflines and the latency of links. Computation is stated as the work of one core: ranks that
/// share cores take turns on them.
/// </summary>
/// <param name="Model">The name of the model that was run: its times tell nothing of another.</param>
/// <param name="ElementType">Of weights and activations.</param>
/// <param name="CoresPerNode">Cores that the ranks of a node share; null where each rank has a device of its own.</param>
/// <param name="Attention">Attention and gate of one MoE layer on one rank: by tokens, and by tokens x cached tokens of each.</param>
/// <param name="Experts">The routed experts of one layer on one rank.</param>
/// <param name="Step">What a step takes beside its layers, on each rank: planning, embedding, head, sampling.</param>
/// <param name="Dispatch">Hidden states to their experts, with ids and weights, packed and unpacked.</param>
/// <param name="Combine">Sums back, added up.</param>
/// <param name="Source">Machine, program, and how well the times fit what was measured.</param>
public sealed record Calibration(
    string Model,
    string ElementType,
    int? CoresPerNode,
    TokenTime Attention,
    ExpertTime Experts,
    TokenTime Step,
    ExchangeTime Dispatch,
    ExchangeTime Combine,
    string Source)
{
    /// <summary>Notes everything that is wrong with it.</summary>
    internal void Check(InputFaults faults, int ranksPerNode)
    {
        const string key = "calibration.";
        faults.Require(
            CoresPerNode is null || (CoresPerNode >= 1 && CoresPerNode <= ranksPerNode), key + "coresPerNode", CoresPerNode,
            $"1 to ranksPerNode ({ranksPerNode}), or null");
        Attention.Check(faults, key + "attention");
        Experts.Check(faults, key + "experts");
        Step.Check(faults, key + "step");
        Dispatch.Check(faults, key + "dispatch");
        Combine.Check(faults, key + "combine");
    }

    /// <summary>Notes seconds that are negative or longer than an hour.</summary>
    internal static void CheckSeconds(InputFaults faults, string key, double seconds) =>
        faults.Require(seconds is >= 0 and <= 3600, key, seconds, "0 to 3,600 seconds");
}
