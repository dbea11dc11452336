using System.Collections.Immutable;
using MoEPlace.Executor.Models;

namespace MoEPlace.Executor.Running;

/// <summary>One step of a job, as every rank knows it. Arrays are [tokens].</summary>
/// <param name="Number">The number of the step, from 0.</param>
/// <param name="Tokens">All tokens of the step, over all ranks, by sequence and position; ordinals follow each other.</param>
/// <param name="Targets">The id that follows each token where the job gives it; -1 where none follows or it is not known yet.</param>
/// <param name="Samples">Whether the id that follows is to be sampled.</param>
public sealed record PlannedStep(int Number, TokenBatch Tokens, ImmutableArray<int> Targets, ImmutableArray<bool> Samples)
{
    /// <summary>Where the tokens of one rank's sequences stand in this step.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="ranks">How many there are.</param>
    public int[] AtHome(RankId rank, int ranks)
    {
        var indexes = new List<int>();
        for (var i = 0; i < Tokens.Count; i++)
            if (StepPlan.HomeOf(Tokens.Sequences[i], ranks) == rank)
                indexes.Add(i);
        return [.. indexes];
    }
}
