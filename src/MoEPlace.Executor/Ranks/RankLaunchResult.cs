namespace MoEPlace.Executor.Ranks;

/// <summary>How a launched job ended.</summary>
/// <param name="ExitCode">0 when all ranks ended well, 2 when a rank found its input bad, 3 when one failed.</param>
/// <param name="Output">What rank 0 wrote to standard output; empty when a rank failed.</param>
/// <param name="Failure">Which rank failed how; null when none did.</param>
public sealed record RankLaunchResult(int ExitCode, string Output, string? Failure);
