using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;

namespace MoEPlace.Executor.Running;

/// <summary>
/// Where tokens that have arrived are going to stay, and so where the sums of their experts are added up. Every rank of a token knows all that
/// was chosen for it, so that nobody needs to be told.
/// </summary>
/// <param name="Staying">[n] the arrived rows whose tokens stay on this rank, in the order of arrival.</param>
/// <param name="Leaving">The arrived rows of which experts ran here, by the rank where their token stays, then in the order of arrival.</param>
/// <param name="Sent">[ranks] rows of <paramref name="Leaving"/> for each.</param>
/// <param name="Received">[ranks] sums that come from each.</param>
/// <param name="Targets">[sum of received] the staying token, 0 to n - 1, that each belongs to.</param>
internal sealed record Routes(int[] Staying, int[] Leaving, long[] Sent, long[] Received, int[] Targets)
{
    internal static Routes Of(LayerId layer, TokenBatch step, Arrivals arrivals, ExpertExchange exchange, IRankGroup group)
    {
        var choices = arrivals.Choices;
        var (leaving, coming) = (Lists(group.Size), Lists(group.Size));
        var staying = new List<int>();
        for (var row = 0; row < choices.Count; row++)
        {
            var (source, ordinal, top) = (arrivals.Sources[row], step.Ordinals[arrivals.Tokens[row]], choices.TopOne(row));
            if (top < 0)
            {
                // It has not gone anywhere.
                staying.Add(row);
                continue;
            }
            var next = exchange.RankOf(layer, top, source, ordinal);
            leaving[next].Add(row);
            if (next != group.Rank)
                continue;
            foreach (var expert in choices.Experts.AsSpan(row * choices.Choices, choices.Choices))
            {
                if (!choices.IsReal(expert))
                    continue;
                var from = coming[exchange.RankOf(layer, expert, source, ordinal)];
                if (from.Count == 0 || from[^1] != staying.Count)
                    from.Add(staying.Count);
            }
            staying.Add(row);
        }
        return new Routes(
            [.. staying], [.. leaving.SelectMany(list => list)], [.. leaving.Select(list => (long)list.Count)],
            [.. coming.Select(list => (long)list.Count)], [.. coming.SelectMany(list => list)]);
    }

    private static List<int>[] Lists(int ranks) => [.. Enumerable.Range(0, ranks).Select(_ => new List<int>())];
}
