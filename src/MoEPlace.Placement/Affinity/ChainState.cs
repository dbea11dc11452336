using System.Numerics;
using System.Runtime.InteropServices;

namespace MoEPlace.Placement.Affinity;

/// <summary>
/// A division under search, with the weight that every expert has with every part and every node given its neighbours where they are: a
/// swap inside a layer is then judged by a few look-ups. Ranks and nodes have tables of their own, so that a move changes two rows of
/// each, whatever the number of parts; rows lie along the experts, so that a row is changed by whole vectors.
/// </summary>
internal sealed class ChainState
{
    private readonly ChainProblem problem;
    private readonly int nodes;

    public ChainState(ChainProblem problem, ReadOnlySpan<int> partOf)
    {
        this.problem = problem;
        nodes = problem.NodeWeight > 0 ? problem.Nodes : 0;
        PartOf = partOf.ToArray();
        WithPart = new int[problem.Layers * problem.Experts * problem.Parts];
        WithNode = new int[problem.Layers * problem.Experts * nodes];
        PartLoad = new long[problem.Layers * problem.Parts];
        Recount();
    }

    /// <summary>[layers, experts] the part of each expert.</summary>
    public int[] PartOf { get; }

    /// <summary>[layers, parts, experts] transitions that an expert of the layer has with the experts on the part.</summary>
    public int[] WithPart { get; }

    /// <summary>[layers, nodes, experts] the same for whole nodes; empty where nodes play no part.</summary>
    public int[] WithNode { get; }

    /// <summary>[layers, parts] load of each part.</summary>
    public long[] PartLoad { get; }

    /// <summary>Kept weight of the whole chain.</summary>
    public long Kept { get; private set; }

    /// <summary>Takes over another division.</summary>
    public void Reset(ReadOnlySpan<int> partOf)
    {
        partOf.CopyTo(PartOf);
        Recount();
    }

    /// <summary>What an expert would keep if it stood on a part, its neighbours where they are.</summary>
    public long Affinity(int layer, int expert, int part)
    {
        var n = problem.Experts;
        var kept = (long)problem.RankWeight * WithPart[(layer * problem.Parts + part) * n + expert];
        if (nodes > 0)
            kept += (long)problem.NodeWeight * WithNode[(layer * nodes + problem.NodeOf[part]) * n + expert];
        return problem.HomeOf is { } home && home[layer * n + expert] == part ? kept + problem.StayWeight : kept;
    }

    /// <summary>What swapping two experts of a layer would add to the kept weight.</summary>
    public long SwapGain(int layer, int a, int b)
    {
        var n = problem.Experts;
        var (p, q) = (PartOf[layer * n + a], PartOf[layer * n + b]);
        var (atP, atQ) = ((layer * problem.Parts + p) * n, (layer * problem.Parts + q) * n);
        var gain = problem.RankWeight * ((long)WithPart[atQ + a] + WithPart[atP + b] - WithPart[atP + a] - WithPart[atQ + b]);
        if (nodes > 0 && problem.NodeOf[p] != problem.NodeOf[q])
        {
            (atP, atQ) = ((layer * nodes + problem.NodeOf[p]) * n, (layer * nodes + problem.NodeOf[q]) * n);
            gain += problem.NodeWeight * ((long)WithNode[atQ + a] + WithNode[atP + b] - WithNode[atP + a] - WithNode[atQ + b]);
        }
        if (problem.HomeOf is { } home)
        {
            var (homeA, homeB) = (home[layer * n + a], home[layer * n + b]);
            var stays = (homeA == q ? 1 : 0) + (homeB == p ? 1 : 0) - (homeA == p ? 1 : 0) - (homeB == q ? 1 : 0);
            gain += p == q ? 0 : stays * problem.StayWeight;
        }
        // The tables see each of the two join the other where it no longer is.
        return problem.Together is null ? gain : gain - 2L * problem.Together[layer][a * n + b] * (problem.Kept(p, p) - problem.Kept(p, q));
    }

    /// <summary>Puts an expert on another part, capacities aside, and keeps all tables right.</summary>
    public void Move(int layer, int expert, int to)
    {
        var cell = layer * problem.Experts + expert;
        var from = PartOf[cell];
        if (from == to)
            return;
        Kept += Affinity(layer, expert, to) - Affinity(layer, expert, from);
        PartOf[cell] = to;
        PartLoad[layer * problem.Parts + from] -= problem.Load[layer][expert];
        PartLoad[layer * problem.Parts + to] += problem.Load[layer][expert];
        if (layer > 0)
            Shift(layer - 1, Row(problem.Reversed[layer - 1], expert), [], from, to);
        if (layer + 1 < problem.Layers)
            Shift(layer + 1, Row(problem.Transitions[layer], expert), [], from, to);
        if (problem.Together is not null)
            Shift(layer, Row(problem.Together[layer], expert), [], from, to);
    }

    /// <summary>Swaps two experts of a layer.</summary>
    public void Swap(int layer, int a, int b)
    {
        var n = problem.Experts;
        var (p, q) = (PartOf[layer * n + a], PartOf[layer * n + b]);
        if (p == q)
            return;
        Kept += SwapGain(layer, a, b);
        (PartOf[layer * n + a], PartOf[layer * n + b]) = (q, p);
        var shift = problem.Load[layer][b] - problem.Load[layer][a];
        PartLoad[layer * problem.Parts + p] += shift;
        PartLoad[layer * problem.Parts + q] -= shift;
        if (layer > 0)
            Shift(layer - 1, Row(problem.Reversed[layer - 1], a), Row(problem.Reversed[layer - 1], b), p, q);
        if (layer + 1 < problem.Layers)
            Shift(layer + 1, Row(problem.Transitions[layer], a), Row(problem.Transitions[layer], b), p, q);
        if (problem.Together is not null)
            Shift(layer, Row(problem.Together[layer], a), Row(problem.Together[layer], b), p, q);
    }

    private ReadOnlySpan<int> Row(int[] square, int expert) => square.AsSpan(expert * problem.Experts, problem.Experts);

    /// <summary>Weights leave one part for another, and other weights come back (none where the span is empty).</summary>
    private void Shift(int layer, ReadOnlySpan<int> go, ReadOnlySpan<int> back, int from, int to)
    {
        var n = problem.Experts;
        Exchange(
            WithPart.AsSpan((layer * problem.Parts + from) * n, n), WithPart.AsSpan((layer * problem.Parts + to) * n, n), go, back);
        if (nodes == 0 || problem.NodeOf[from] == problem.NodeOf[to])
            return;
        Exchange(
            WithNode.AsSpan((layer * nodes + problem.NodeOf[from]) * n, n), WithNode.AsSpan((layer * nodes + problem.NodeOf[to]) * n, n),
            go, back);
    }

    private static void Exchange(Span<int> from, Span<int> to, ReadOnlySpan<int> go, ReadOnlySpan<int> back)
    {
        var done = 0;
        if (Vector.IsHardwareAccelerated)
        {
            var fromVectors = MemoryMarshal.Cast<int, Vector<int>>(from);
            var toVectors = MemoryMarshal.Cast<int, Vector<int>>(to)[..fromVectors.Length];
            var goVectors = MemoryMarshal.Cast<int, Vector<int>>(go)[..fromVectors.Length];
            var backVectors = MemoryMarshal.Cast<int, Vector<int>>(back);
            for (var i = 0; i < fromVectors.Length; i++)
            {
                var change = backVectors.IsEmpty ? goVectors[i] : goVectors[i] - backVectors[i];
                fromVectors[i] -= change;
                toVectors[i] += change;
            }
            done = fromVectors.Length * Vector<int>.Count;
        }
        for (; done < from.Length; done++)
        {
            var change = back.IsEmpty ? go[done] : go[done] - back[done];
            from[done] -= change;
            to[done] += change;
        }
    }

    private void Recount()
    {
        var n = problem.Experts;
        Array.Clear(WithPart);
        Array.Clear(WithNode);
        Array.Clear(PartLoad);
        for (var layer = 0; layer < problem.Layers; layer++)
        {
            for (var e = 0; e < n; e++)
            {
                var part = PartOf[layer * n + e];
                PartLoad[layer * problem.Parts + part] += problem.Load[layer][e];
                if (layer > 0)
                    Add(layer - 1, part, Row(problem.Reversed[layer - 1], e));
                if (layer + 1 < problem.Layers)
                    Add(layer + 1, part, Row(problem.Transitions[layer], e));
                if (problem.Together is not null)
                    Add(layer, part, Row(problem.Together[layer], e));
            }
        }
        Kept = problem.KeptWeight(PartOf);
    }

    private void Add(int layer, int part, ReadOnlySpan<int> weights)
    {
        var n = problem.Experts;
        var row = WithPart.AsSpan((layer * problem.Parts + part) * n, n);
        for (var i = 0; i < weights.Length; i++)
            row[i] += weights[i];
        if (nodes == 0)
            return;
        row = WithNode.AsSpan((layer * nodes + problem.NodeOf[part]) * n, n);
        for (var i = 0; i < weights.Length; i++)
            row[i] += weights[i];
    }
}
