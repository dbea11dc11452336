namespace MoEPlace.Executor.Models;

/// <summary>YaRN (Peng et al. 2023): frequencies that turn rarely within the original context are slowed down by a factor.</summary>
/// <param name="Factor">How much longer the context became; 1 or more.</param>
/// <param name="OriginalPositions">Positions before.</param>
/// <param name="BetaFast">Pairs that turn more often than this over the original context stay as they are.</param>
/// <param name="BetaSlow">Pairs that turn less often than this are slowed down by the whole factor.</param>
/// <param name="Truncate">Whether the ramp between them begins and ends at whole pairs.</param>
/// <param name="CosineFactor">What multiplies cosine and sine, on queries and keys.</param>
/// <param name="ScoreFactor">What multiplies all scores of latent attention.</param>
public sealed record YarnConfig(
    double Factor, int OriginalPositions, double BetaFast, double BetaSlow, bool Truncate, double CosineFactor, double ScoreFactor);
