using MoEPlace.Results;

namespace MoEPlace.Reports.Simulations;

/// <summary>A phase of a step as people read it.</summary>
/// <param name="Name">As results call it.</param>
/// <param name="Words">For people.</param>
/// <param name="Color">Okabe and Ito's where they last, then Tol's: colour-blind people can tell them apart.</param>
/// <param name="Part">What it belongs to when differences are told.</param>
internal sealed record StepPhase(string Name, string Words, string Color, string Part)
{
    internal const string Exchange = "exposed exchange";
    internal const string Waiting = "waiting for other ranks";
    internal const string Experts = "experts";
    internal const string OtherComputation = "other computation";

    /// <summary>What no phase accounts for: time in which nothing ran.</summary>
    internal const string Rest = "the rest";

    /// <summary>The colour of waiting and of idle time: the grid's, which the page turns over in the dark.</summary>
    internal const string WaitingColor = Figures.FigureStyle.Grid;

    private static readonly string[] Further = ["#8C510A", "#DDCC77", "#117733", "#88CCEE", "#882255"];

    private static readonly StepPhase[] Known =
    [
        new("attention", "attention", "#0072B2", OtherComputation),
        new("gate", "gate", "#CC79A7", OtherComputation),
        new("dense", "dense layers", "#AA4499", OtherComputation),
        new("shared", "shared experts", "#56B4E9", OtherComputation),
        new("step", "beside the layers", "#882255", OtherComputation),
        new("experts", "experts", "#009E73", Experts),
        new("dispatch", "dispatch", "#E69F00", Exchange),
        new("combine", "combine", "#D55E00", Exchange),
        new("context", "context exchange", "#999933", Exchange),
        new("gradient", "gradient exchange", "#44AA99", "exposed gradient exchange"),
        new("load", "loading weights", "#8C510A", "exposed loading of weights"),
        new("wait", "waiting for other ranks", WaitingColor, Waiting),
    ];

    /// <summary>True for work of the compute stream.</summary>
    internal bool IsComputation => Part is Experts or OtherComputation;

    /// <summary>The phases of these names, in the order in which they are drawn: those that we know first, others as they come.</summary>
    internal static StepPhase[] Of(IEnumerable<string> names)
    {
        var present = names.Distinct(StringComparer.Ordinal).ToArray();
        var others = present.Where(n => !Array.Exists(Known, k => k.Name == n)).Select((name, i) =>
        {
            var words = PlainText.Clean(name, 30);
            return new StepPhase(name, words, Further[i % Further.Length], words);
        });
        return [.. Known.Where(k => present.Contains(k.Name)), .. others];
    }

    /// <summary>The legend of these phases, below the figure.</summary>
    internal static object Legend(IReadOnlyList<StepPhase> phases) =>
        new { title = (string?)null, orient = "bottom", columns = phases.Sum(p => p.Words.Length + 5) < 85 ? phases.Count : 4 };

    /// <summary>All phases that a section draws anywhere, so that each has one colour over all figures.</summary>
    internal static StepPhase[] Of(SimulationResult result) => Of(result.Variants.SelectMany(v =>
        v.Phases.Select(p => p.Phase).Concat(v.Timeline?.Spans.Select(s => s.Phase) ?? [])));
}
