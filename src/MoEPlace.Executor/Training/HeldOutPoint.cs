using System.Collections.Immutable;

namespace MoEPlace.Executor.Training;

/// <summary>How the model does on text that it has not seen.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Loss">Mean cross entropy of the next byte over all windows, in nats.</param>
/// <param name="DomainLoss">[domains] the same by domain.</param>
/// <param name="Imbalance">[layers] load of the busiest expert over the mean load.</param>
public sealed record HeldOutPoint(long Step, double Loss, ImmutableArray<double> DomainLoss, ImmutableArray<double> Imbalance);
