using MoEPlace.Service.Routing;

namespace MoEPlace.Service.Drift;

/// <summary>
/// Tells when the traffic of a job is no longer that which its placement was made for. The first tokens after <see cref="Rebase"/> are the reference;
/// later ones are compared with it, load and affinity apart: windows by the squared distance of their shares, in the unit of what windows of the
/// reference itself would hardly ever reach (<see cref="DriftParts.Threshold"/>). An alarm takes two windows that follow each other and both differ,
/// so that no sequence alone can raise it. Not for several threads at once.
/// </summary>
public sealed class DriftDetector
{
    /// <summary>Parts of a reference: with fewer it cannot be told by how much traffic differs from itself.</summary>
    private const int FewestParts = 8, FewestMessages = 32;

    /// <summary>Counts do not tell sequences apart, so that their reference takes more tokens to see some end and others begin.</summary>
    private const int CountsReference = 4;

    /// <summary>A window moves on by a span.</summary>
    private const int Spans = 8;

    /// <summary>By how much more windows of counts may differ than drawn messages tell: which sequences they share is not known (8.1 was seen).</summary>
    private const double CountsMargin = 8.5;

    /// <summary>What changes by less, as a share of all, is no drift, however sure it is.</summary>
    private const double LeastChange = 0.02;

    /// <summary>A normal variable is beyond it once in four million.</summary>
    private const double Quantile = 5.0;

    private readonly MoEModel model;
    private readonly DriftOptions options;
    private readonly DriftSketch sketch;
    private DriftDivision? bySequence, byWindow;
    private DriftWindow? loadWindow, pairWindow;
    private float[] loadMean = [], pairMean = [];
    private double loadThreshold, pairThreshold;
    private readonly double[] loadBefore = new double[Spans], pairBefore = new double[Spans];
    private int closed;
    private int messages;
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
        (bySequence, byWindow) = (new DriftDivision(sketch, options.ReferenceTokens / FewestParts), new DriftDivision(sketch, options.TestTokens));
        (loadWindow, pairWindow, ofCounts, messages) = (null, null, null, 0);
        Array.Clear(loadBefore);
        Array.Clear(pairBefore);
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
            if (bySequence is not null)
            {
                bySequence.Take(rows.Sequence[row], choices);
                byWindow!.Take(rows.Sequence[row], choices);
                if (++reference % options.TestTokens == 0)
                    byWindow.Cut();
                if (reference >= options.ReferenceTokens)
                    Complete();
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
        if (bySequence is not null)
        {
            bySequence.Take(tokens, counts);
            Reading = Reading with { ReferenceTokens = Reading.ReferenceTokens + tokens };
            if (++messages >= FewestMessages && Reading.ReferenceTokens >= CountsReference * options.ReferenceTokens)
                Complete();
            return;
        }
        sketch.Add(counts, loadWindow!.Take(tokens));
        Reading = Reading with { Tokens = Reading.Tokens + tokens };
        if (loadWindow.Open >= SpanTokens)
            Close();
    }

    private void Complete()
    {
        (loadMean, pairMean) = (bySequence!.Load.Mean(), bySequence.Pairs.Mean());
        // Messages that follow each other share sequences, so that an eighth of them is drawn together.
        var (together, window) = ofCounts == true
            ? (bySequence.Load.Count / 8, Math.Max(options.TestTokens, Spans * Reading.ReferenceTokens / messages))
            : (1, options.TestTokens);
        loadThreshold = Threshold(loadMean, division => division.Load);
        pairThreshold = Threshold(pairMean, division => division.Pairs);
        (loadWindow, pairWindow) = (new DriftWindow(sketch.LoadEntries, Spans), new DriftWindow(sketch.PairEntries, Spans));
        (bySequence, byWindow) = (null, null);

        double Threshold(float[] mean, Func<DriftDivision, DriftParts> of) => Math.Max(
            LeastChange * LeastChange * DriftParts.Distance(mean, 1, new float[mean.Length]),
            (ofCounts == true ? CountsMargin : 1) * Math.Max(of(bySequence).Threshold(window, together, Quantile), of(byWindow!).Threshold(window, together, Quantile)));
    }

    private void Close()
    {
        loadWindow!.Close();
        var load = Lesser(loadBefore, Ratio(loadWindow, loadMean, loadThreshold));
        var affinity = 0.0;
        if (ofCounts == false)
        {
            pairWindow!.Close();
            affinity = Lesser(pairBefore, Ratio(pairWindow, pairMean, pairThreshold));
        }
        closed++;
        var alarm = load >= 1 || affinity >= 1;
        Reading = Reading with
        {
            Load = load,
            Affinity = affinity,
            Alarm = Reading.Alarm || alarm,
            AlarmAt = Reading.AlarmAt ?? (alarm ? Reading.Tokens : null),
        };
    }

    /// <summary>The lesser of this window's and that of the one before, of which it has no token.</summary>
    private double Lesser(double[] before, double now)
    {
        ref var place = ref before[closed % Spans];
        var lesser = Math.Min(place, now);
        place = now;
        return lesser;
    }

    private static double Ratio(DriftWindow window, float[] mean, double threshold) =>
        window.IsFull && threshold > 0 ? DriftParts.Distance(window.Sum, window.Tokens, mean) / threshold : 0;
}
