using MoEPlace.Results;
using MoEPlace.Traces;

namespace MoEPlace.Evaluation.Tests;

/// <summary>The measures token by token with sets and dictionaries, from their definitions, sharing no code with the judge.</summary>
internal sealed class SlowJudge
{
    private readonly RandomCase given;
    private readonly Dictionary<(int Layer, int Expert), int> uses = [];

    internal SlowJudge(RandomCase given)
    {
        this.given = given;
        Run();
    }

    internal int Tokens { get; private set; }

    internal int Pairs { get; private set; }

    internal int GpuCrossings { get; private set; }

    internal int NodeCrossings { get; private set; }

    internal int DispatchCopies { get; private set; }

    internal int CombineCopies { get; private set; }

    internal int NodeCopies { get; private set; }

    internal int InterNodeCopies { get; private set; }

    internal int ExpertPairs { get; private set; }

    /// <summary>(layer, rank) -> pairs.</summary>
    internal Dictionary<(int Layer, int Rank), int> Loads { get; } = [];

    /// <summary>(layer, rank, what) -> copies.</summary>
    internal Dictionary<(int Layer, int Rank, string Port), int> Ports { get; } = [];

    /// <summary>(position, rank) -> tokens.</summary>
    internal Dictionary<(int Position, int Rank), int> Resident { get; } = [];

    /// <summary>(layer, expert, rank) -> tokens.</summary>
    internal Dictionary<(int Layer, int Expert, int Rank), int> Served { get; } = [];

    internal List<double> Ratios { get; } = [];

    internal PlacementMeasures Measures()
    {
        var (model, ranks) = (given.Test.Model, given.Cluster.Ranks);
        var sorted = Ratios.Order().ToList();
        if (sorted.Count == 0)
            sorted.Add(1);
        var cells = (double)Tokens * model.Layers;
        var d = model.Dimensions;
        return new PlacementMeasures(
            Tokens, Pairs == 0 ? null : (double)GpuCrossings / Pairs, Pairs == 0 ? null : (double)NodeCrossings / Pairs,
            (DispatchCopies + CombineCopies) / cells, NodeCopies / cells,
            DispatchCopies * d?.HiddenStateBytes, CombineCopies * d?.HiddenStateBytes,
            (given.Options.Residency == Residency.Home ? 0 : Tokens * model.HiddenLayers * (ranks - 1)) * d?.KeyValueBytesPerTokenLayer,
            sorted.Average(), sorted[(int)Math.Ceiling(0.95 * sorted.Count - 1e-9) - 1], sorted[^1], null, null,
            InterNodeBytes: InterNodeCopies * d?.HiddenStateBytes
                + (given.Options.Residency == Residency.Home ? 0 : Tokens * model.HiddenLayers * (ranks - given.Cluster.RanksPerNode))
                * d?.KeyValueBytesPerTokenLayer);
    }

    private void Run()
    {
        var rows = given.Test.Rows;
        var kept = Enumerable.Range(0, rows.Count).Where(t => given.Split == TraceSplit.All || rows.Sequence[t] % 5 == 0).ToList();
        var ordinals = kept.Select(t => rows.Sequence[t]).Distinct().ToList();
        Tokens = kept.Count;
        var size = (int?)given.Options.WindowTokens ?? Tokens;
        var window = new Dictionary<(int Layer, int Rank), int>();
        for (var ordinal = 0; ordinal < kept.Count; ordinal++)
        {
            var home = rows.Home is null ? ordinals.IndexOf(rows.Sequence[kept[ordinal]]) % given.Cluster.Ranks : rows.Home[kept[ordinal]];
            RunToken(kept[ordinal], ordinal, home, window);
            if ((ordinal + 1) % size != 0 && !(ordinal == kept.Count - 1 && kept.Count < size))
                continue;
            Close(window);
            window.Clear();
        }
    }

    private void Close(Dictionary<(int Layer, int Rank), int> window)
    {
        foreach (var layer in window.GroupBy(w => w.Key.Layer).OrderBy(g => g.Key))
            Ratios.Add(layer.Max(w => w.Value) / (layer.Sum(w => (double)w.Value) / given.Cluster.Ranks));
    }

    private void RunToken(int row, int ordinal, int home, Dictionary<(int Layer, int Rank), int> window)
    {
        var coherent = given.Options.Residency == Residency.Coherent && given.Options.Phase == ServingPhase.Decode
            && given.Test.Rows.Phase?[row] != 0;
        var position = home;
        var hadTop = false;
        Note(Resident, (0, home));
        for (var layer = 0; layer < given.Test.Model.Layers; layer++)
        {
            var source = coherent ? position : home;
            var reached = new HashSet<int>();
            int? evenTop = null;
            var top = TopOne(row, layer);
            foreach (var expert in Experts(row, layer))
            {
                var rank = given.Options.Dispatch == ReplicaChoice.Even ? NextInTurn(layer, expert) : Nearest(layer, expert, source, ordinal);
                if (expert == top)
                    evenTop ??= rank;
                reached.Add(rank);
                Note(Loads, (layer, rank));
                Note(window, (layer, rank));
                Note(Served, (layer, expert, rank));
                ExpertPairs++;
            }
            var next = top is null ? position : given.Options.Dispatch == ReplicaChoice.Even ? evenTop!.Value : Nearest(layer, top.Value, position, ordinal);
            if (top is not null && hadTop)
            {
                Pairs++;
                GpuCrossings += next != position ? 1 : 0;
                NodeCrossings += Node(next) != Node(position) ? 1 : 0;
            }
            hadTop = top is not null;
            position = next;
            var back = coherent ? position : home;
            DispatchCopies += Travel(layer, source, reached, "dispatch");
            CombineCopies += Travel(layer, back, reached, "combine");
            Note(Resident, (layer + 1, back));
        }
    }

    private int Travel(int layer, int tokenRank, HashSet<int> reached, string exchange)
    {
        foreach (var rank in reached.Where(r => r != tokenRank))
        {
            var tier = Node(rank) == Node(tokenRank) ? "intra" : "inter";
            Note(Ports, (layer, tokenRank, $"{exchange} token {tier}"));
            Note(Ports, (layer, rank, $"{exchange} expert {tier}"));
        }
        InterNodeCopies += reached.Count(r => Node(r) != Node(tokenRank));
        NodeCopies += reached.Select(Node).Distinct().Count(n => n != Node(tokenRank));
        return reached.Count(r => r != tokenRank);
    }

    private int Nearest(int layer, int expert, int source, int ordinal)
    {
        var all = Holders(layer, expert);
        if (all.Contains(source))
            return source;
        var near = all.Where(r => Node(r) == Node(source)).ToList();
        var among = near.Count > 0 ? near : all;
        return among[ordinal % among.Count];
    }

    private int NextInTurn(int layer, int expert)
    {
        var all = Holders(layer, expert);
        var use = uses.GetValueOrDefault((layer, expert));
        uses[(layer, expert)] = use + 1;
        return all[use % all.Count];
    }

    private List<int> Holders(int layer, int expert)
    {
        var slots = given.Placement.ToSlots()[layer];
        return [.. Enumerable.Range(0, slots.Length).Where(rank => slots[rank].Contains(expert))];
    }

    private IEnumerable<int> Experts(int row, int layer)
    {
        var (layers, topK) = (given.Test.Model.Layers, given.Test.Model.TopK);
        var choices = given.Test.Rows.Experts.Skip((row * layers + layer) * topK).Take(topK);
        return choices.Where(e => e != RoutingTrace.NoExpert).Select(e => (int)e);
    }

    private int? TopOne(int row, int layer)
    {
        var (layers, topK, rows) = (given.Test.Model.Layers, given.Test.Model.TopK, given.Test.Rows);
        if (rows.GateWeights is null && given.Order == ChoiceOrder.Unordered)
            return null;
        var cells = Enumerable.Range((row * layers + layer) * topK, topK).Where(i => rows.Experts[i] != RoutingTrace.NoExpert).ToList();
        if (cells.Count == 0)
            return null;
        return rows.Experts[rows.GateWeights is { } weights ? cells.MaxBy(i => (double)weights[i]) : cells[0]];
    }

    private int Node(int rank) => rank / given.Cluster.RanksPerNode;

    private static void Note<T>(Dictionary<T, int> counts, T key)
        where T : notnull => counts[key] = counts.GetValueOrDefault(key) + 1;
}
