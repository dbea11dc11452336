using System.Text.Json;
using System.Text.RegularExpressions;

namespace MoEPlace.Service.Jobs;

/// <summary>A job as it is registered.</summary>
/// <param name="Name">1 to 63 of a-z, 0-9 and -, the first none of -.</param>
/// <param name="Model">The model that it serves.</param>
/// <param name="Cluster">The machines that it runs on, as many ranks as the placement has.</param>
/// <param name="Placement">The placement that it begins with: the content of a placement file.</param>
/// <param name="Engine">What runs it. Default: moeplace.</param>
/// <param name="Webhook">The name of a webhook in the configuration of the service; for engines other than our own.</param>
/// <param name="Policy">When to plan and to apply; null for the defaults.</param>
public sealed partial record JobSpec(
    string Name,
    MoEModel Model,
    Cluster Cluster,
    JsonElement Placement,
    JobEngine Engine = JobEngine.Moeplace,
    string? Webhook = null,
    LoopPolicy? Policy = null)
{
    /// <summary>Checks all of it.</summary>
    /// <param name="webhooks">Names of the webhooks of the configuration.</param>
    /// <returns>The placement.</returns>
    /// <exception cref="InputException">Something does not hold; every fault is told.</exception>
    public ExpertPlacement Check(IReadOnlyCollection<string> webhooks)
    {
        ArgumentNullException.ThrowIfNull(webhooks);
        var faults = new InputFaults("job");
        faults.Require(IsName(Name), "name", Name, "1 to 63 of a-z, 0-9 and -, the first none of -");
        Model.Check(faults, "model.");
        var machines = new InputFaults("job.cluster");
        Cluster.Check(machines);
        faults.AddRange(machines.ToImmutable());
        faults.Require(Enum.IsDefined(Engine), "engine", Engine, "moeplace, sglang, vllm, vllm-ascend or tensorrt-llm");
        if (Engine == JobEngine.Moeplace)
            faults.Require(Webhook is null, "webhook", Webhook, "none: the executor asks for what is wished");
        else
            faults.Require(Webhook is not null && webhooks.Contains(Webhook), "webhook", Webhook, "one that the service is configured with");
        (Policy ?? new LoopPolicy()).Check(faults);
        var placement = faults.Try(() => ExpertPlacementFile.Parse(Placement.GetRawText(), "job.placement"));
        if (placement is not null && !faults.Any)
        {
            var unfit = new InputFaults("job.placement");
            Evaluation.PlacementCost.CheckFit(unfit, "job.placement", placement, Model, Cluster);
            faults.AddRange(unfit.ToImmutable());
        }
        faults.ThrowIfAny();
        return placement!;
    }

    /// <summary>Whether text can name a job.</summary>
    public static bool IsName(string? text) => text is not null && Names().IsMatch(text);

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,62}\z")]
    private static partial Regex Names();
}
