using MoEPlace.Evaluation;
using MoEPlace.Traces;

namespace MoEPlace.Simulation.Work;

/// <summary>The tokens of one part of one step, and where they live (see <see cref="RoutedTokens"/>).</summary>
internal sealed class StepTokens
{
    private StepTokens(int[] numbers, int[] homes, long[] rows) => (Numbers, Homes, Rows) = (numbers, homes, rows);

    /// <summary>[tokens] the number of each in the step: home by home, rising on each.</summary>
    internal int[] Numbers { get; }

    /// <summary>[tokens] the rank on which each lives.</summary>
    internal int[] Homes { get; }

    /// <summary>[tokens] its row in the file.</summary>
    internal long[] Rows { get; }

    /// <summary>Tokens.</summary>
    internal int Count => Numbers.Length;

    /// <summary>Selects a part of a step.</summary>
    /// <exception cref="InputException">A recorded home is not a rank of the cluster.</exception>
    internal static StepTokens Select(RoutedTokens routing, int ranks, WorkOptions options, int step, int part, int parts)
    {
        var homes = HomesOf(routing, ranks, options, step);
        var begin = new int[ranks + 1];
        foreach (var home in homes)
            begin[home + 1]++;
        for (var rank = 0; rank < ranks; rank++)
            begin[rank + 1] += begin[rank];
        var (byHome, next) = (new int[homes.Length], begin.ToArray());
        for (var number = 0; number < homes.Length; number++)
            byHome[next[homes[number]]++] = number;
        var numbers = new List<int>();
        for (var rank = 0; rank < ranks; rank++)
        {
            var own = byHome.AsSpan(begin[rank]..begin[rank + 1]);
            numbers.AddRange(own[Cut(own.Length, part)..Cut(own.Length, part + 1)]);
        }
        int[] taken = [.. numbers];
        return new StepTokens(
            taken,
            Array.ConvertAll(taken, number => homes[number]),
            Array.ConvertAll(taken, number => routing.RowOf(step, number, homes.Length)));

        int Cut(int tokens, int at) => (int)((long)tokens * at / parts);
    }

    private static int[] HomesOf(RoutedTokens routing, int ranks, WorkOptions options, int step)
    {
        var lost = new bool[ranks];
        foreach (var rank in options.LostRanks)
            lost[rank] = true;
        int[] left = [.. Enumerable.Range(0, ranks).Where(rank => !lost[rank])];
        var (trace, tokens) = (routing.Slice.Trace, options.TokensPerStep);
        var recorded = options.RecordedHomes && trace.Columns.HasFlag(TraceColumns.Home);
        var homes = new int[tokens];
        for (var number = 0; number < tokens; number++)
        {
            var turn = options.Phase == ServingPhase.Decode ? number % left.Length : (int)((long)number * left.Length / tokens);
            homes[number] = left[turn];
            if (!recorded)
                continue;
            var row = routing.RowOf(step, number, tokens);
            var home = trace.Home(row, 1)[0];
            if (home >= ranks)
                throw RoutedTokens.Homeless(trace.Path, row, home, ranks);
            if (!lost[home])
                homes[number] = home;
        }
        return homes;
    }
}
