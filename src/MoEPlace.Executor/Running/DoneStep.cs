namespace MoEPlace.Executor.Running;

/// <summary>A step that has run, as rank 0 saw it.</summary>
/// <param name="Seconds">How long it took on rank 0, from its planning to its ids.</param>
/// <param name="Tokens">Tokens that ran, over all ranks.</param>
/// <param name="Prefill">Whether they were prompts; else each is the next of its sequence.</param>
/// <param name="Epoch">The number of the epoch that it ran on; 0 in a run that takes no placements.</param>
/// <param name="Moving">Whether weights travelled beside it.</param>
public readonly record struct DoneStep(double Seconds, int Tokens, bool Prefill, int Epoch, bool Moving);
