using System.Collections.Immutable;
using System.Text.Json;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Cli;

/// <summary>Which service watches a job, and as what.</summary>
/// <param name="Addresses">One or more, of which one leads.</param>
/// <param name="Job">What the service calls the job.</param>
/// <param name="Token">The bearer token; null for none.</param>
/// <param name="Policy">When it plans and applies; null for the defaults.</param>
/// <param name="Cluster">The machines; null for loopback.</param>
internal sealed record ServiceLinkSettings(ImmutableArray<Uri> Addresses, string Job, string? Token, LoopPolicy? Policy, Cluster? Cluster)
{
    /// <summary>The job as it registers.</summary>
    /// <param name="model">Its model.</param>
    /// <param name="placement">What it begins with.</param>
    /// <param name="linkBytesPerSecond">What the links between emulated nodes carry; null where nothing limits them.</param>
    internal JobSpec ToSpec(MoEModel model, ExpertPlacement placement, double? linkBytesPerSecond)
    {
        using var content = JsonDocument.Parse(ExpertPlacementFile.ToJson(placement));
        return new JobSpec(Job, model, Cluster ?? Loopback(placement, linkBytesPerSecond), content.RootElement.Clone(), Policy: Policy);
    }

    private static Cluster Loopback(ExpertPlacement placement, double? linkBytesPerSecond)
    {
        var loopback = ClusterPresets.Parse(FormattableString.Invariant($"cpu-loopback:{placement.Nodes}x{placement.RanksPerNode}"));
        return linkBytesPerSecond is { } rate
            // Ranks of a node share its link.
            ? loopback with
            {
                InterNode = new Link(
                    rate / placement.RanksPerNode, loopback.InterNode.LatencyNanoseconds, "--link-rate, shared by the ranks of a node"),
            }
            : loopback;
    }
}
