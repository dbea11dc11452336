using MoEPlace.Traces;

namespace MoEPlace.Service.Routing;

/// <summary>The latest routed tokens of a job, or, where only counts come, the latest counts. Not for several threads at once.</summary>
public sealed class RoutingWindow
{
    /// <summary>Tokens at a time that a trace is written by.</summary>
    private const int WrittenAtOnce = 4_096;

    /// <summary>Rows that room is made for at first; it doubles until the window is full.</summary>
    private const int FirstRows = 1_024;

    private readonly MoEModel model;
    private readonly int most;
    private readonly int width;
    private readonly double[] load;
    private double loadTokens;
    private int[] sequence = [];
    private int[] position = [];
    private ushort[] home = [];
    private byte[] phase = [];
    private ushort[] experts = [];
    private int oldest;
    private int rows;

    /// <summary>For a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">Tokens that it holds.</param>
    public RoutingWindow(MoEModel model, int tokens)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        (this.model, most, width) = (model, tokens, model.Layers * model.TopK);
        load = new double[model.Layers * model.Experts];
    }

    /// <summary>Tokens in it; of counts those that have not faded.</summary>
    public long Tokens => rows > 0 ? rows : (long)Math.Round(loadTokens);

    /// <summary>Whether only counts came.</summary>
    public bool IsOfCounts => rows == 0 && loadTokens > 0;

    /// <summary>Takes tokens; the oldest go.</summary>
    public void Add(RoutedRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var from = Math.Max(0, rows.Rows - most);
        MakeRoom(this.rows + rows.Rows - from);
        while (from < rows.Rows)
        {
            var at = (oldest + this.rows) % sequence.Length;
            var count = Math.Min(rows.Rows - from, sequence.Length - at);
            Array.Copy(rows.Sequence, from, sequence, at, count);
            Array.Copy(rows.Position, from, position, at, count);
            Array.Copy(rows.Home, from, home, at, count);
            Array.Copy(rows.Phase, from, phase, at, count);
            Array.Copy(rows.Experts, from * width, experts, at * width, count * width);
            from += count;
            this.rows += count;
            var gone = Math.Max(0, this.rows - most);
            oldest = (oldest + gone) % sequence.Length;
            this.rows -= gone;
        }
    }

    /// <summary>Takes counts; old ones fade, by a factor e for each time that as many tokens ran as the window holds.</summary>
    public void Add(long tokens, ReadOnlySpan<int> counts)
    {
        var kept = Math.Exp(-(double)tokens / most);
        for (var i = 0; i < load.Length; i++)
            load[i] = load[i] * kept + counts[i];
        loadTokens = loadTokens * kept + tokens;
    }

    /// <summary>The same tokens and counts by themselves, so that who takes long to look at them holds up nobody.</summary>
    public RoutingWindow Copy()
    {
        var copy = new RoutingWindow(model, most) { loadTokens = loadTokens, rows = rows };
        load.CopyTo(copy.load, 0);
        (copy.sequence, copy.position, copy.home) = (InOrder(sequence, 1), InOrder(position, 1), InOrder(home, 1));
        (copy.phase, copy.experts) = (InOrder(phase, 1), InOrder(experts, width));
        return copy;
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        (oldest, rows, loadTokens) = (0, 0, 0);
        Array.Clear(load);
    }

    /// <summary>
    /// Writes it as a trace; drawn from the counts, as many tokens as the window holds, and marked as synthetic, where only those came.
    /// </summary>
    /// <param name="path">Where.</param>
    /// <param name="job">For the trace's source.</param>
    /// <param name="seed">Of what is drawn.</param>
    /// <exception cref="InvalidOperationException">Nothing came yet.</exception>
    public void WriteTrace(string path, string job, long seed)
    {
        if (rows == 0 && loadTokens == 0)
            throw new InvalidOperationException($"No routing of {job} came yet.");
        var drawn = IsOfCounts;
        var header = new TraceHeader(
            model, drawn ? TraceOrigin.Synthetic : TraceOrigin.Measured, drawn ? $"drawn from counts of job {job}" : $"job {job}", "",
            drawn ? ChoiceOrder.Unordered : ChoiceOrder.ByWeight, []);
        var columns = drawn ? TraceColumns.Phase : TraceColumns.Home | TraceColumns.Phase;
        var tokens = drawn ? most : rows;
        using var writer = new RoutingTraceWriter(path, header, tokens, columns);
        var source = drawn ? new DrawnRows(model, load, most, seed) : null;
        for (var row = 0; row < tokens;)
        {
            var count = Math.Min(WrittenAtOnce, tokens - row);
            writer.Append(source?.Next(count) ?? Rows(row, ref count));
            row += count;
        }
        writer.Complete();
    }

    /// <summary>What it looks like under a placement.</summary>
    /// <param name="placement">A map that fits the model.</param>
    /// <param name="residency">Where hidden states live between layers.</param>
    public RoutingMeasures Measure(ExpertPlacement placement, Residency residency)
    {
        ArgumentNullException.ThrowIfNull(placement);
        var measure = new WindowMeasure(model, placement, residency);
        if (rows == 0)
            return measure.OfCounts(load, Tokens);
        for (var row = 0; row < rows; row++)
        {
            var at = (oldest + row) % sequence.Length;
            measure.Add(experts.AsSpan(at * width, width), home[at], phase[at] != 0, row);
        }
        return measure.Result(rows);
    }

    /// <summary>Some rows, the oldest first, as far as they stand behind each other.</summary>
    private TraceRows Rows(int row, ref int count)
    {
        var at = (oldest + row) % sequence.Length;
        count = Math.Min(count, sequence.Length - at);
        return new TraceRows(
            experts.AsSpan(at * width, count * width).ToArray(), sequence.AsSpan(at, count).ToArray(), position.AsSpan(at, count).ToArray(),
            Home: home.AsSpan(at, count).ToArray(), Phase: phase.AsSpan(at, count).ToArray());
    }

    /// <summary>A column, the oldest row first.</summary>
    private T[] InOrder<T>(T[] column, int each)
    {
        var straight = Math.Min(rows, sequence.Length - oldest);
        var copy = GC.AllocateUninitializedArray<T>(rows * each);
        Array.Copy(column, oldest * each, copy, 0, straight * each);
        Array.Copy(column, 0, copy, straight * each, (rows - straight) * each);
        return copy;
    }

    /// <summary>Before it is full it never turned over, so that rows keep their places.</summary>
    private void MakeRoom(int wanted)
    {
        if (wanted <= sequence.Length || sequence.Length == most)
            return;
        var room = (int)Math.Min(most, Math.Max(FirstRows, 2L * wanted));
        Array.Resize(ref sequence, room);
        Array.Resize(ref position, room);
        Array.Resize(ref home, room);
        Array.Resize(ref phase, room);
        Array.Resize(ref experts, checked(room * width));
    }
}
