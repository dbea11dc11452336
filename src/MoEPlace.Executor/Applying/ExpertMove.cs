namespace MoEPlace.Executor.Applying;

/// <summary>The weights of one expert go from one rank to another.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Expert">The expert.</param>
/// <param name="From">A rank that holds it.</param>
/// <param name="To">A rank that does not yet.</param>
public readonly record struct ExpertMove(LayerId Layer, ExpertId Expert, RankId From, RankId To);
