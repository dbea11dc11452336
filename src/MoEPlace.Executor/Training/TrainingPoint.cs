using System.Collections.Immutable;

namespace MoEPlace.Executor.Training;

/// <summary>Training, as it went since the point before.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Loss">Mean cross entropy of the next byte, in nats.</param>
/// <param name="GateLoss">Mean of what the gates add to it.</param>
/// <param name="GradientNorm">Of the last step, before it was clipped.</param>
/// <param name="LearningRate">Of the last step.</param>
/// <param name="Imbalance">[layers] load of the busiest expert over the mean load, in the last step.</param>
public sealed record TrainingPoint(
    long Step, double Loss, double GateLoss, double GradientNorm, double LearningRate, ImmutableArray<double> Imbalance);
