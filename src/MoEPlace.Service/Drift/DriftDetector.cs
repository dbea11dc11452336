using MoEPlace.Service.Routing;

namespace MoEPlace.Service.Drift;

/// <summary>
/// Tells when the traffic of a job is no longer that which its placement was made for. The first tokens after <see cref="Rebase"/> are the reference;
/// later ones are compared with it, load and affinity apart. Not for several threads at once.
/// </summary>
public sealed class DriftDetector
{
    /// <summary>Parts of a reference: with fewer it cannot be told by how much traffic differs from itself, more are put together.</summary>
    private const int FewestParts = 8, MostParts = 128;

    /// <summary>A window moves on by a span.</summary>
    private const int Spans = 8;

    /// <summary>Messages with counts that are drawn together: they share sequences.</summary>
    private const int CountsDrawnTogether = 4;

    /// <summary>A normal variable is beyond it once in a million.</summary>
    private const double Quantile = 4.75;

    private readonly MoEModel model;
    private readonly DriftOptions options;
    private readonly DriftSketch sketch;
    private readonly Dictionary<int, (int Part, int Tokens)> partOf = [];
    private int partsBegun;
    private DriftParts? loadParts, pairParts;
    private DriftWindow? loadWindow, pairWindow;
    private float[] loadMean = [], pairMean = [];
    private double loadThreshold, pairThreshold;
    private bool? ofCounts;

    /// <summary>For a model.</summary>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public DriftDetector(MoEModel model, DriftOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        (this.model, this.options) = (model, options ?? new DriftOptions());
        this.options.Validate();
        sketch = new DriftSketch(model);
        Reading = new DriftReading(0, 0, false, null, 0, 0);
        Rebase();
    }

    /// <summary>How it stands.</summary>
    public DriftReading Reading { get; private set; }

    private int SpanTokens => options.TestTokens / Spans;

    /// <summary>Takes the reference anew from the tokens that come; the alarm is over.</summary>
    public void Rebase()
    {
        Reading = new DriftReading(0, 0, false, null, 0, 0);
        (loadParts, pairParts) = (new DriftParts(sketch.LoadEntries), new DriftParts(sketch.PairEntries));
        (loadWindow, pairWindow, ofCounts) = (null, null, null);
        partOf.Clear();
        partsBegun = 0;
    }

    /// <summary>Looks at tokens; from ranks one after another, sequences interleaved.</summary>
    public void Take(RoutedRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if ((ofCounts ??= false) == true)
            return;
        var width = model.Layers * model.TopK;
        var (reference, tokens) = (Reading.ReferenceTokens, Reading.Tokens);
        for (var row = 0; row < rows.Rows; row++)
        {
            var choices = rows.Experts.AsSpan(row * width, width);
            if (loadParts is not null)
            {
                var part = PartOf(rows.Sequence[row]);
                sketch.Add(choices, loadParts.Take(part, 1), pairParts!.Take(part, 1));
                if (IsEnough(++reference))
                    Complete(run: 1);
                continue;
            }
            sketch.Add(choices, loadWindow!.Take(1), pairWindow!.Take(1));
            tokens++;
            if (loadWindow.Open < SpanTokens)
                continue;
            Reading = Reading with { Tokens = tokens };
            Close();
        }
        Reading = Reading with { ReferenceTokens = reference, Tokens = tokens };
    }

    /// <summary>Looks at counts, where no tokens come.</summary>
    public void Take(long tokens, ReadOnlySpan<int> counts)
    {
        if ((ofCounts ??= true) == false)
            return;
        if (loadParts is not null)
        {
            loadParts.Begin();
            sketch.Add(counts, loadParts.Take(loadParts.Count - 1, tokens));
            Reading = Reading with { ReferenceTokens = Reading.ReferenceTokens + tokens };
            if (IsEnough(Reading.ReferenceTokens))
                Complete(CountsDrawnTogether);
            return;
        }
        sketch.Add(counts, loadWindow!.Take(tokens));
        Reading = Reading with { Tokens = Reading.Tokens + tokens };
        if (loadWindow.Open >= SpanTokens)
            Close();
    }

    /// <summary>The part of a sequence's next token: one for each sequence, but for the longest, which are cut.</summary>
    private int PartOf(int sequence)
    {
        if (partOf.TryGetValue(sequence, out var of) && of.Tokens < options.ReferenceTokens / FewestParts)
        {
            partOf[sequence] = of with { Tokens = of.Tokens + 1 };
            return of.Part;
        }
        var part = partsBegun++ % MostParts;
        if (part == loadParts!.Count)
        {
            loadParts.Begin();
            pairParts!.Begin();
        }
        partOf[sequence] = (part, 1);
        return part;
    }

    private bool IsEnough(long tokens) => tokens >= options.ReferenceTokens && loadParts!.Count >= FewestParts;

    private void Complete(int run)
    {
        (loadMean, loadThreshold) = (loadParts!.Mean(), loadParts.Threshold(options.TestTokens, run, Quantile));
        (pairMean, pairThreshold) = (pairParts!.Mean(), ofCounts == true ? 0 : pairParts.Threshold(options.TestTokens, run, Quantile));
        (loadWindow, pairWindow) = (new DriftWindow(sketch.LoadEntries, Spans), new DriftWindow(sketch.PairEntries, Spans));
        (loadParts, pairParts) = (null, null);
        partOf.Clear();
    }

    private void Close()
    {
        loadWindow!.Close();
        var load = Ratio(loadWindow, loadMean, loadThreshold);
        var affinity = 0.0;
        if (ofCounts == false)
        {
            pairWindow!.Close();
            affinity = Ratio(pairWindow, pairMean, pairThreshold);
        }
        var alarm = load >= 1 || affinity >= 1;
        Reading = Reading with
        {
            Load = load,
            Affinity = affinity,
            Alarm = Reading.Alarm || alarm,
            AlarmAt = Reading.AlarmAt ?? (alarm ? Reading.Tokens : null),
        };
    }

    private static double Ratio(DriftWindow window, float[] mean, double threshold) =>
        window.IsFull && threshold > 0 ? DriftParts.Distance(window.Sum, window.Tokens, mean) / threshold : 0;
}
