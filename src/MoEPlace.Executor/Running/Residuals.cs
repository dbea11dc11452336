using MoEPlace.Torch;

namespace MoEPlace.Executor.Running;

/// <summary>Hidden states that are on this rank.</summary>
/// <param name="Tokens">[n] where the tokens stand in the step.</param>
/// <param name="Rows">[n, H].</param>
internal sealed record Residuals(int[] Tokens, Tensor Rows);
