using System.Collections.Immutable;

namespace MoEPlace.Executor.Running;

/// <summary>One sequence of a job.</summary>
/// <param name="Ids">The vocabulary ids that are given; one or more.</param>
/// <param name="Prefill">How many of them run at once, in the step that admits the sequence; the others follow one by one. 0 to all.</param>
/// <param name="NewTokens">How many ids to sample after those that are given; 0 for none.</param>
/// <param name="Domain">Its number among the domains of the job.</param>
public sealed record Prompt(ImmutableArray<int> Ids, int Prefill, int NewTokens = 0, byte Domain = 0)
{
    /// <summary>Tokens that run at most: the last id that is sampled is not run.</summary>
    public int MostTokens => Ids.Length + Math.Max(0, NewTokens - 1);
}
