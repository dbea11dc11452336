using MoEPlace.Executor.Models;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Gates;

/// <summary>What a gate sees.</summary>
/// <param name="Layer">The MoE layer, by ordinal.</param>
/// <param name="Hidden">[tokens, H] normalised hidden states.</param>
/// <param name="Carry">
/// [tokens, width] what the gate of the layer before handed on; null in the first layer, and where a gate carries nothing.
/// </param>
/// <param name="Batch">Which tokens they are.</param>
/// <param name="SumOverRanks">
/// Sums a tensor in place over the ranks that share a batch of training; null where this rank has all of it. Balance losses count choices
/// with it, so that the mean over ranks of their gradients is the gradient of the whole batch.
/// </param>
public sealed record GateInput(LayerId Layer, Tensor Hidden, Tensor? Carry, TokenBatch Batch, Action<Tensor>? SumOverRanks = null);
