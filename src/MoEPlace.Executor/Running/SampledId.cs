namespace MoEPlace.Executor.Running;

/// <summary>An id that was sampled.</summary>
/// <param name="Sequence">For which sequence.</param>
/// <param name="Position">Its place in the sequence, prompt included.</param>
/// <param name="Id">The id.</param>
public readonly record struct SampledId(int Sequence, int Position, int Id)
{
    /// <summary>What a step sampled.</summary>
    internal static SampledId[] Of(PlannedStep step, ReadOnlySpan<int> ids)
    {
        var sampled = new List<SampledId>();
        for (var i = 0; i < ids.Length; i++)
            if (step.Samples[i])
                sampled.Add(new SampledId(step.Tokens.Sequences[i], step.Tokens.Positions[i] + 1, ids[i]));
        return [.. sampled];
    }
}
