using System.Collections.Immutable;

namespace MoEPlace.Executor.Running;

/// <summary>How long the steps of a run took; mean over ranks, which begin and end a step together but for the last exchange.</summary>
/// <param name="Seconds">[steps].</param>
/// <param name="PhaseSeconds">[steps, phases] row-major, phases as in <see cref="RunPhase"/>; the phases of a step add up to it.</param>
/// <param name="Tokens">[steps] tokens that ran, over all ranks.</param>
/// <param name="Prefill">[steps] whether they were prompts; else each is the next of its sequence.</param>
public sealed record StepTimes(
    ImmutableArray<double> Seconds, ImmutableArray<double> PhaseSeconds, ImmutableArray<int> Tokens, ImmutableArray<bool> Prefill)
{
    /// <summary>The time of one phase in one step.</summary>
    public double Of(int step, RunPhase phase) => PhaseSeconds[step * (PhaseSeconds.Length / Seconds.Length) + (int)phase];
}
