using MoEPlace.Torch;

namespace MoEPlace.Executor.Gates;

/// <summary>What a gate chose.</summary>
/// <param name="Experts">
/// [tokens, choices] Int64 in order of falling weight: 0 to E - 1 an expert, E or more one that costs nothing and stands on every rank, -1
/// none.
/// </param>
/// <param name="Weights">[tokens, choices] Float32; 0 where there is none.</param>
/// <param name="Carry">[tokens, width] for the gate of the next layer; null when nothing is carried.</param>
/// <param name="Loss">What training adds to its loss so that experts are used evenly; null outside training.</param>
public sealed record GateChoice(Tensor Experts, Tensor Weights, Tensor? Carry = null, Tensor? Loss = null);
