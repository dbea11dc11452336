namespace MoEPlace.Executor.Running;

/// <summary>Takes what a step sampled.</summary>
/// <param name="step">The number of the step in this life of the job.</param>
/// <param name="ids">One or more, by sequence.</param>
public delegate void SampledSink(int step, ReadOnlySpan<SampledId> ids);
