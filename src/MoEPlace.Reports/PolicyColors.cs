using MoEPlace.Results;

namespace MoEPlace.Reports;

/// <summary>One colour per policy over all figures of a page: Okabe and Ito's, which colour-blind people can tell apart, then
/// Tol's.</summary>
internal sealed class PolicyColors
{
    private static readonly string[] Further = ["#44AA99", "#8C510A", "#88CCEE", "#882255", "#DDCC77", "#117733"];

    private readonly Dictionary<string, string> colors = new(StringComparer.Ordinal)
    {
        ["contiguous"] = "#7A7F85",
        ["round-robin"] = "#CC79A7",
        ["random"] = "#E69F00",
        ["eplb"] = "#009E73",
        ["exflow"] = "#56B4E9",
        ["affinity"] = "#0072B2",
        ["moetuner"] = "#D55E00",
        ["grace"] = "#AA4499",
        ["cooccurrence"] = "#999933",
    };

    /// <summary>Gives every policy of the results a colour; those not named here in order of appearance.</summary>
    internal PolicyColors(IEnumerable<ResultFile> results)
    {
        var next = 0;
        foreach (var placement in results.SelectMany(r => r.Placements))
            if (colors.TryAdd(placement.Policy ?? "", Further[next % Further.Length]))
                next++;
    }

    /// <summary>The colour of a policy, <c>#rrggbb</c>.</summary>
    internal string Of(string? policy) => colors[policy ?? ""];
}
