using System.Collections.Immutable;

namespace MoEPlace.Executor.Running;

/// <summary>One step of <see cref="StepTimesFile"/>.</summary>
/// <param name="Tokens">Tokens that ran, over all ranks.</param>
/// <param name="Prefill">Whether they were prompts; else each is the next of its sequence.</param>
/// <param name="Seconds">Mean over ranks.</param>
/// <param name="PhaseSeconds">[phases] of that; they add up to it.</param>
/// <param name="Epoch">The number of the epoch that it ran on; 0 in a run that takes no placements.</param>
/// <param name="Moving">Whether weights travelled beside it.</param>
public sealed record TimedStep(int Tokens, bool Prefill, double Seconds, ImmutableArray<double> PhaseSeconds, int Epoch, bool Moving);
