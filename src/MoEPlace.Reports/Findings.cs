using MoEPlace.Reports.Figures;
using MoEPlace.Results;

namespace MoEPlace.Reports;

/// <summary>
/// What the figures show, as sentences computed from the numbers. Numbers in one sentence get the fewest decimals that tell them
/// apart; those that two decimals do not tell apart are told as equal.
/// </summary>
internal static class Findings
{
    /// <summary>GPU crossing, the mean over layers.</summary>
    internal static string Crossing(ReportSection section)
    {
        var (best, baseline) = (section.Best, section.Baseline);
        if (best.Measures.GpuCrossingFraction is not { } low)
            return "GPU crossing by layer";
        if (!section.Compares)
            return section.Placements.Count(p => p.Measures.GpuCrossingFraction is not null) > 1
                ? $"No placement crosses GPUs less than {best.Name}: it sends {Percents(low)[0]} of top-1 transitions across GPUs"
                : $"{best.Name} sends {Percents(low)[0]} of top-1 transitions across GPUs";
        if (baseline.Measures.GpuCrossingFraction is not { } high)
            return $"{best.Name} sends {Percents(low)[0]} of top-1 transitions across GPUs; for {baseline.Name} it is unknown";
        var told = Percents(low, high);
        return told[0] == told[1]
            ? $"{best.Name} and {baseline.Name} both send {told[0]} of top-1 transitions across GPUs"
            : $"{best.Name} sends {told[0]} of top-1 transitions across GPUs, {baseline.Name} {told[1]}";
    }

    /// <summary>The busiest GPU over the mean of all, in the worst layer, over all judged tokens.</summary>
    /// <param name="section">The result.</param>
    /// <param name="after">Of the best placement.</param>
    /// <param name="before">Of the baseline.</param>
    internal static string Load(ReportSection section, double after, double before)
    {
        var (best, baseline) = (section.Best.Name, section.Baseline.Name);
        var told = section.Compares ? Ratios(after, before) : Ratios(after);
        if (!section.Compares)
            return $"With {best}, the busiest GPU of the worst layer carries {told[0]} times the mean load";
        return told[0] == told[1]
            ? $"With {best} as with {baseline}, the busiest GPU of the worst layer carries {told[0]} times the mean load"
            : $"The busiest GPU of the worst layer carries {told[0]} times the mean load with {best}, {told[1]} times with {baseline}";
    }

    /// <summary>Tokens that stay on their GPU between two layers.</summary>
    internal static string Affinity(ReportSection section, int fromLayer, double after, double before)
    {
        var (best, baseline) = (section.Best.Name, section.Baseline.Name);
        var between = $"Between layers {fromLayer} and {fromLayer + 1}";
        var told = section.Compares ? Percents(after, before) : Percents(after);
        if (!section.Compares)
            return $"{between}, {best} keeps {told[0]} of top-1 transitions on their GPU";
        return told[0] == told[1]
            ? $"{between}, {best} and {baseline} both keep {told[0]} of top-1 transitions on their GPU"
            : $"{between}, {best} keeps {told[0]} of top-1 transitions on their GPU, {baseline} {told[1]}";
    }

    /// <summary>Copies to other GPUs; <paramref name="known"/> holds those placements for which they are known.</summary>
    internal static string Copies(ReportSection section, DrawnPlacement[] known)
    {
        var fewest = known.MinBy(Of)!;
        if (known.Length == 1)
            return $"{fewest.Name} makes {Ratios(Of(fewest))[0]} copies to other GPUs per token and layer";
        var most = known.MaxBy(Of)!;
        if (Ratios(Of(fewest))[0] == Ratios(Of(most))[0])
            return $"All placements make equally many copies to other GPUs: {Ratios(Of(fewest))[0]} per token and layer";
        var other = fewest != section.Baseline && known.Contains(section.Baseline) ? section.Baseline : most;
        var told = Ratios(Of(fewest), Of(other));
        if (told[0] == told[1])
            return $"{fewest.Name} and {other.Name} make the fewest copies to other GPUs: {told[0]} per token and layer, "
                + $"{most.Name} {Ratios(Of(most))[0]}";
        var sentence = $"{fewest.Name} makes the fewest copies to other GPUs: {told[0]} per token and layer, {other.Name} {told[1]}";
        var third = section.Best;
        return third == fewest || third == other || !known.Contains(third)
            ? sentence
            : $"{sentence}, {third.Name} {Ratios(Of(fewest), Of(other), Of(third))[2]}";

        static double Of(DrawnPlacement p) => p.Measures.RankCopiesPerTokenLayer!.Value;
    }

    /// <summary>Imbalance against traffic.</summary>
    /// <param name="points">Placements with their imbalance and traffic, two or more.</param>
    /// <param name="tell">Gives amounts of traffic in figures that tell them apart.</param>
    /// <param name="verb">Makes of such a figure what a placement does.</param>
    internal static string TradeOff(
        IReadOnlyList<(DrawnPlacement Placement, double Imbalance, double Traffic)> points,
        Func<double[], string[]> tell,
        Func<string, string> verb)
    {
        var even = points.OrderBy(p => p.Imbalance).ThenBy(p => p.Traffic).First();
        var near = points.OrderBy(p => p.Traffic).ThenBy(p => p.Imbalance).First();
        var imbalance = Ratios(even.Imbalance, near.Imbalance);
        var traffic = tell([even.Traffic, near.Traffic]);
        if (imbalance[0] != imbalance[1] && traffic[0] != traffic[1])
            return $"Less traffic costs evenness: {near.Placement.Name} {verb(traffic[1])} at imbalance {imbalance[1]}, "
                + $"{even.Placement.Name} {verb(traffic[0])} at {imbalance[0]}";
        // What is told as equal is equal: the one that is ahead in the other respect is ahead in both.
        var both = imbalance[0] == imbalance[1] ? near : even;
        var equals = points.Where(p => Quantity.Ratio(p.Imbalance) == Quantity.Ratio(both.Imbalance) && p.Traffic == both.Traffic)
            .ToArray();
        var (evenness, does) = (Quantity.Ratio(both.Imbalance), verb(tell([both.Traffic])[0]));
        return equals.Length switch
        {
            1 => $"{both.Placement.Name} is at once the most even (imbalance {evenness}) and the one that {does}, the least",
            2 => $"{equals[0].Placement.Name} and {equals[1].Placement.Name} are equally even (imbalance {evenness}) and each {does}",
            var count => $"{count} placements are equally even (imbalance {evenness}) and each {does}",
        };
    }

    /// <summary>Which layers the remaining traffic comes from, and how much of it the heaviest pairs make.</summary>
    /// <param name="section">The result.</param>
    /// <param name="remaining">Of the best placement.</param>
    /// <param name="total">All its crossings, above 0.</param>
    /// <param name="pairs">The heaviest pairs that are drawn.</param>
    internal static string Remaining(ReportSection section, RemainingTraffic remaining, double total, IReadOnlyList<CrossingPair> pairs)
    {
        var most = remaining.GpuCrossingsByLayer.Max();
        var layer = remaining.GpuCrossingsByLayer.IndexOf(most);
        var alone = remaining.GpuCrossingsByLayer.Length == 1 || most == total
            ? $"All that still crosses with {section.Best.Name} is between layers {layer} and {layer + 1}"
            : $"Layer {layer} → {layer + 1} alone makes {Percents(most / total)[0]} of what still crosses with {section.Best.Name}";
        if (pairs.Count == 0)
            return alone;
        var share = Percents(pairs.Sum(p => (double)p.Tokens) / total)[0];
        return alone + (pairs.Count == 1 ? $", the heaviest pair of experts {share}" : $", the {pairs.Count} heaviest pairs of experts {share}");
    }

    /// <summary>How far the best placement is from the optimum; where that is not known, the placement that is nearest to its bound.</summary>
    /// <param name="section">The result.</param>
    /// <param name="curves">Of the placements that are drawn; at least one.</param>
    internal static string Bound(ReportSection section, IReadOnlyList<SolveCurve> curves)
    {
        // A bound of 0 says nothing.
        var best = curves.FirstOrDefault(c => c.Placement == section.Best && c.Last.Gap < 1);
        var nearest = best ?? curves.Where(c => c.Last.Gap < 1).MinBy(c => c.Last.Gap);
        if (nearest is null)
        {
            var longest = curves.FirstOrDefault(c => c.Placement == section.Best) ?? curves.MaxBy(c => c.Last.Seconds)!;
            return $"{longest.Placement.Name} searched for {Quantity.Seconds(longest.Last.Seconds)} without a bound: "
                + "how far it is from the optimum is not known";
        }
        var name = best is null ? nearest.Placement.Name : $"The best placement, {nearest.Placement.Name},";
        var where = nearest.Placement.Result.SolvedOn is { } split ? $"on the {PlainText.Clean(split, 20)} split" : "where it was solved";
        return nearest.Last.Gap <= 1e-6
            ? $"{name} is proven optimal {where}"
            : $"{name} is proven: no other can be more than {Quantity.Percent(RoundedUp(nearest.Last.Gap!.Value))} lower {where}";
    }

    /// <summary>To tenths of a percent, never below what is proven.</summary>
    private static double RoundedUp(double gap) => Math.Ceiling(gap * 1000 - 1e-9) / 1000;

    /// <summary>Shares of 0 to 1 as percent with the fewest decimals, up to two, that tell them apart.</summary>
    internal static string[] Percents(params double[] shares)
    {
        const int Most = 2;
        var finest = shares.Select(s => Quantity.Percent(s, Most)).Distinct().Count();
        for (var decimals = 0; decimals < Most; decimals++)
        {
            string[] told = [.. shares.Select(s => Quantity.Percent(s, decimals))];
            if (told.Distinct().Count() == finest)
                return told;
        }
        return [.. shares.Select(s => Quantity.Percent(s, Most))];
    }

    /// <summary>Ratios with two decimals.</summary>
    internal static string[] Ratios(params double[] values) => [.. values.Select(v => Quantity.Ratio(v))];
}
