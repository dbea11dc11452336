namespace MoEPlace.Executor.Running;

/// <summary>Takes what a step sampled.</summary>
/// <param name="step">The number of the step in this life of the job.</param>
/// <param name="epoch">The number of the epoch that it ran on.</param>
/// <param name="ids">By sequence; none where the step sampled nothing.</param>
public delegate void SampledSink(int step, int epoch, ReadOnlySpan<SampledId> ids);
