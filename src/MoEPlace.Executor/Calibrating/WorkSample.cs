using MoEPlace.Results;

namespace MoEPlace.Executor.Calibrating;

/// <summary>A piece of a step that is timed, on all ranks at once.</summary>
/// <param name="Times">How often <paramref name="Run"/> does it.</param>
/// <param name="Prepare">What comes before the clock starts, behind a barrier.</param>
/// <param name="Run">What is timed.</param>
/// <param name="Take">Takes the time of once.</param>
/// <param name="Before">
/// What of <paramref name="Run"/> is timed by itself too and taken off, right before it: a phase costs beside what comes before it in a step
/// what the two take together beyond that; null for nothing.
/// </param>
internal sealed record WorkSample(int Times, Action Prepare, Action Run, Action<MeasuredTime> Take, Action? Before = null);
