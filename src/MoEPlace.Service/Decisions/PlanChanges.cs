using System.Collections.Immutable;
using MoEPlace.Placement;

namespace MoEPlace.Service.Decisions;

/// <summary>What a plan moves, in words.</summary>
internal static class PlanChanges
{
    private const int MostLines = 50;

    /// <summary>A line that sums up, then one for each pair of ranks, those that move most first; at most 50.</summary>
    /// <param name="diff">The moves.</param>
    /// <param name="placement">What is in force.</param>
    internal static ImmutableArray<string> Of(PlacementDiff diff, ExpertPlacement placement)
    {
        var each = diff.Moves.IsEmpty ? null : diff.Bytes / diff.Moves.Length;
        var lines = ImmutableArray.CreateBuilder<string>();
        lines.Add($"{InWords.Count(diff.Moves.Length)} copies of {InWords.Count(diff.MovedExperts)} experts move{Size(diff.Moves.Length)}; "
            + $"{InWords.Count(diff.SlotsKept)} stay, {InWords.Count(diff.CopiesDropped)} are given up");
        var pairs = diff.Moves.GroupBy(move => (From: move.Source, move.To)).OrderByDescending(pair => pair.Count())
            .ThenBy(pair => pair.Key.From.Value).ThenBy(pair => pair.Key.To.Value).ToArray();
        foreach (var pair in pairs.Take(pairs.Length <= MostLines - 1 ? pairs.Length : MostLines - 2))
        {
            var far = placement.NodeOf(pair.Key.From) == placement.NodeOf(pair.Key.To) ? "" : ", to another node";
            var layers = pair.Select(move => move.Layer.Value).Distinct().Count();
            lines.Add(
                $"rank {pair.Key.From.Value} to rank {pair.Key.To.Value}: {InWords.Count(pair.Count())} experts of {layers} layers"
                + $"{Size(pair.Count())}{far}");
        }
        if (pairs.Length > MostLines - 1)
            lines.Add($"and {InWords.Count(pairs.Length - (MostLines - 2))} more pairs of ranks");
        return lines.ToImmutable();

        string Size(int moves) => each is { } bytes ? $" ({InWords.Bytes(bytes * moves)})" : "";
    }
}
