using MoEPlace.Service.Jobs;

namespace MoEPlace.Service.Applies;

/// <summary>What a webhook is told: that an engine is to serve another placement. The answer comes as an <see cref="EngineOutcome"/>.</summary>
/// <param name="Job">The job.</param>
/// <param name="Engine">What runs it.</param>
/// <param name="Apply">The number of the apply.</param>
/// <param name="Attempt">Which attempt.</param>
/// <param name="Placement">Digest of the placement.</param>
/// <param name="Map">Where the service gives the engine's file, below its own address.</param>
/// <param name="Outcome">Where it takes the outcome, below its own address.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="BeganAt">When the apply was asked for: by it those of a job and of another that has its name since are told apart.</param>
public sealed record EngineWish(
    string Job,
    JobEngine Engine,
    int Apply,
    int Attempt,
    string Placement,
    string Map,
    string Outcome,
    string Reason,
    DateTimeOffset BeganAt);
