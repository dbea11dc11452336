using MoEPlace.Executor.Models;

namespace MoEPlace.Executor.Running;

/// <summary>Sees what a gate chose on this rank.</summary>
/// <param name="step">The step.</param>
/// <param name="layer">The layer.</param>
/// <param name="tokens">The tokens.</param>
/// <param name="choices">What was chosen for them.</param>
internal delegate void ChoiceObserver(int step, LayerId layer, TokenBatch tokens, TokenChoices choices);
