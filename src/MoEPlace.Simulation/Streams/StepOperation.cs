using System.Collections.Immutable;

namespace MoEPlace.Simulation.Streams;

/// <summary>One operation of a program, the same on every rank.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Stream">Where it is issued.</param>
/// <param name="Phase">One of <see cref="StepPhase"/>.</param>
/// <param name="Layer">The MoE layer by ordinal; -1 where there is none.</param>
/// <param name="Part">The micro-batch or part, from 0.</param>
/// <param name="After">Earlier operations that must be complete on the same rank, as after a CUDA event.</param>
/// <param name="Index">Which of the program's kernels, exchanges or transfers it is, by kind.</param>
public sealed record StepOperation(
    OperationKind Kind, StreamKind Stream, string Phase, int Layer, int Part, ImmutableArray<int> After, int Index)
{
    /// <summary>For people, for example <c>dispatch 17</c>.</summary>
    public string Name => Layer < 0 ? Phase : $"{Phase} {Layer}";
}
