namespace MoEPlace.Executor.Running;

/// <summary>Takes logits on rank 0, token after token in the order of ordinals.</summary>
/// <param name="logits">[tokens, vocabulary] of the tokens of one step, row-major.</param>
public delegate void LogitsSink(ReadOnlySpan<float> logits);
