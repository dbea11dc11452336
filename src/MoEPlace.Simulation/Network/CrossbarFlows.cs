using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MoEPlace.Simulation.Network;

/// <summary>
/// Flows over at most one row link and one column link each, as a dense matrix [layers, rows, columns] of the bytes that remain, infinite
/// where there is no flow; a layer more where several flows use the same two links. A flow over one link only has a link without bounds
/// on the other side.
/// </summary>
internal sealed class CrossbarFlows(PoolLinks all) : MovingFlows
{
    private readonly CrossbarRates rates = new();
    private double[] remaining = [], leastOfRow = [];
    private int[] flowAt = [], cellOf = [];
    private Flow[] flows = [];
    private int count, layers, openRow, openColumn;

    private int Width => rates.Columns.Width;

    private int Area => rates.Rows.Count * Width;

    /// <summary>Whether a flow can be among them.</summary>
    internal static bool Fits(in Flow flow) => flow.Route[2] < 0;

    internal override void Place(Flow[] flows, double[] remaining, int count, List<int> links)
    {
        (this.flows, this.count, Alive, layers) = (flows, count, count, 0);
        rates.Clear();
        (openRow, openColumn) = (-1, -1);
        foreach (var link in links)
            all.Places[link] = (all.IsColumn[link] ? rates.Columns : rates.Rows).Add(all.BytesPerPicosecond[link]);
        if (cellOf.Length < count)
            cellOf = new int[flows.Length];
        for (var flow = 0; flow < count; flow++)
            AddOpenLink(flows[flow]);
        rates.Begin();
        if (leastOfRow.Length < rates.Rows.Count)
            leastOfRow = new double[rates.Rows.Count];
        for (var flow = 0; flow < count; flow++)
        {
            var (row, column) = LinksOf(flows[flow]);
            var layer = rates.Add(row, column);
            Reserve(layer);
            var cell = layer * Area + row * Width + column;
            (this.remaining[cell], flowAt[cell], cellOf[flow]) = (remaining[flow], flow, cell);
        }
        rates.Find(0);
        Flow(0);
    }

    internal override void End(long epoch, double time, List<EndedFlow> ended)
    {
        var (span, until, before) = (Step, Step + FlowPool.Slack(time), ended.Count);
        for (var row = 0; row < rates.Rows.Count; row++)
        {
            if (!(leastOfRow[row] <= until))
                continue;
            for (var cell = row * Width; cell < layers * Area; cell += Area)
                EndRow(row, cell, until, epoch, time, ended);
        }
        Alive -= ended.Count - before;
        if (Alive == 0)
            return;
        var added = CollectionsMarshal.AsSpan(ended)[before..];
        var saved = int.MaxValue;
        foreach (ref readonly var end in added)
        {
            var (row, column) = LinksOf(end.Flow);
            saved = Math.Min(saved, rates.SavedBefore(row, column));
        }
        foreach (ref readonly var end in added)
        {
            var (row, column) = LinksOf(end.Flow);
            rates.Remove(row, column, saved);
        }
        rates.Find(saved);
        Flow(span);
    }

    internal override int TakeBack(double span, Flow[] flows, double[] remaining)
    {
        var kept = 0;
        for (var flow = 0; flow < count; flow++)
        {
            var left = this.remaining[cellOf[flow]];
            if (double.IsPositiveInfinity(left))
                continue;
            var (row, column) = LinksOf(flows[flow]);
            left -= Math.Min(rates.Rows.Rates[row], rates.Columns.Rates[column]) * span;
            (flows[kept], remaining[kept]) = (flows[flow], left);
            kept++;
        }
        return kept;
    }

    private void EndRow(int row, int begin, double until, long epoch, double time, List<EndedFlow> ended)
    {
        var slowness = rates.Rows.Slowness[row];
        for (var column = 0; column < Width; column++)
        {
            ref var left = ref remaining[begin + column];
            if (!(left * Math.Max(slowness, rates.Columns.Slowness[column]) <= until))
                continue;
            left = double.PositiveInfinity;
            ended.Add(new EndedFlow(flows[flowAt[begin + column]], epoch, time));
        }
    }

    /// <summary>Lets time pass at the rates of before, and finds when the next flow ends at those of now.</summary>
    private void Flow(double span)
    {
        var least = double.PositiveInfinity;
        var lastRates = Vectors(rates.Columns.LastRates, 0);
        var slownesses = Vectors(rates.Columns.Slowness, 0);
        var passed = Vector512.Create(span);
        for (var row = 0; row < rates.Rows.Count; row++)
        {
            leastOfRow[row] = double.PositiveInfinity;
            if (!rates.Rows.HasFlows(row))
                continue;
            var (lastRate, slowness) = (Vector512.Create(rates.Rows.LastRates[row]), Vector512.Create(rates.Rows.Slowness[row]));
            var first = Vector512.Create(double.PositiveInfinity);
            for (var begin = row * Width; begin < layers * Area; begin += Area)
            {
                var lefts = Vectors(remaining, begin);
                for (var i = 0; i < lefts.Length; i++)
                {
                    var left = lefts[i] - Vector512.MinNative(lastRate, lastRates[i]) * passed;
                    lefts[i] = left;
                    first = Vector512.MinNative(first, left * Vector512.MaxNative(slowness, slownesses[i]));
                }
            }
            leastOfRow[row] = CrossbarSide.LeastOf(first);
            least = Math.Min(least, leastOfRow[row]);
        }
        Step = least;
    }

    private (int Row, int Column) LinksOf(in Flow flow)
    {
        var (first, second) = (flow.Route[0], flow.Route[1]);
        if (second < 0)
            return all.IsColumn[first] ? (openRow, all.Places[first]) : (all.Places[first], openColumn);
        return all.IsColumn[first] ? (all.Places[second], all.Places[first]) : (all.Places[first], all.Places[second]);
    }

    private void AddOpenLink(in Flow flow)
    {
        if (flow.Route[1] >= 0)
            return;
        if (all.IsColumn[flow.Route[0]])
            openRow = openRow < 0 ? rates.Rows.Add(double.PositiveInfinity) : openRow;
        else
            openColumn = openColumn < 0 ? rates.Columns.Add(double.PositiveInfinity) : openColumn;
    }

    private void Reserve(int layer)
    {
        if (layer < layers)
            return;
        var (begin, end) = (layers * Area, (layer + 1) * Area);
        if (remaining.Length < end)
        {
            Array.Resize(ref remaining, Math.Max(2 * remaining.Length, end));
            Array.Resize(ref flowAt, remaining.Length);
        }
        remaining.AsSpan(begin..end).Fill(double.PositiveInfinity);
        layers = layer + 1;
    }

    private Span<Vector512<double>> Vectors(double[] values, int begin) =>
        MemoryMarshal.Cast<double, Vector512<double>>(values.AsSpan(begin, Width));
}
