using MoEPlace.Evaluation;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Traces;

namespace MoEPlace.Simulation.Tests.Work;

/// <summary>The work of a part of a step, token by token with lists and dictionaries; it shares no code with StepWork.</summary>
internal sealed class SlowWork
{
    private readonly WorkCase given;
    private readonly int ranks;
    private readonly int perNode;
    private readonly List<(int Number, int Home, int Row)> tokens = [];

    internal SlowWork(WorkCase given)
    {
        (this.given, ranks, perNode) = (given, given.Cluster.Ranks, given.Cluster.RanksPerNode);
        Select();
        foreach (var token in tokens)
            Run(token.Number, token.Home, token.Row);
        if (given.Options.Residency == Residency.Coherent)
            Gather();
    }

    internal int Tokens => tokens.Count;

    internal int Pairs { get; private set; }

    /// <summary>(layer, rank, expert) -> tokens.</summary>
    internal Dictionary<(int Layer, int Rank, int Expert), long> Computed { get; } = [];

    /// <summary>(layer, source, rank, expert) -> tokens.</summary>
    internal Dictionary<(int Layer, int Source, int Rank, int Expert), long> Served { get; } = [];

    /// <summary>(position, rank) -> tokens.</summary>
    internal Dictionary<(int Position, int Rank), long> Resident { get; } = [];

    /// <summary>(which, layer, phase, from, to) -> bytes; the context has layer and phase 0.</summary>
    internal Dictionary<(string Which, int Layer, int Phase, int From, int To), long> Bytes { get; } = [];

    private bool Coherent => given.Options.Residency == Residency.Coherent && given.Options.Phase == ServingPhase.Decode;

    private void Select()
    {
        var (rows, options) = (given.Rows, given.Options);
        var wanted = options.Phase == ServingPhase.Decode ? 1 : 0;
        var all = Enumerable.Range(0, rows.Count).ToList();
        var usable = all.Where(row => rows.Phase is null || rows.Phase[row] == wanted).ToList();
        if (usable.Count == 0)
            usable = all;
        var left = Enumerable.Range(0, ranks).Where(rank => !options.LostRanks.Contains(rank)).ToList();
        var own = Enumerable.Range(0, ranks).Select(_ => new List<(int Number, int Home, int Row)>()).ToArray();
        for (var number = 0; number < options.TokensPerStep; number++)
        {
            var inOrder = options.Phase == ServingPhase.Prefill || rows.Step is not null || options.TokensPerStep > usable.Count;
            var index = inOrder
                ? given.Step * options.TokensPerStep + number
                : (int)Math.Floor((decimal)number * usable.Count / options.TokensPerStep) + given.Step;
            var row = usable[index % usable.Count];
            var home = options.Phase == ServingPhase.Decode
                ? left[number % left.Count]
                : left[(int)Math.Floor((decimal)number * left.Count / options.TokensPerStep)];
            if (options.RecordedHomes && rows.Home is not null && left.Contains(rows.Home[row]))
                home = rows.Home[row];
            own[home].Add((number, home, row));
        }
        foreach (var list in own)
            for (var i = list.Count * given.Part / given.Parts; i < list.Count * (given.Part + 1) / given.Parts; i++)
                tokens.Add(list[i]);
    }

    private void Run(int number, int home, int row)
    {
        var at = home;
        Note(Resident, (0, home), 1);
        for (var layer = 0; layer < given.Model.Layers; layer++)
        {
            var copies = new List<int>();
            foreach (var expert in Experts(row, layer))
            {
                var rank = Nearest(layer, expert, at, number);
                Note(Computed, (layer, rank, expert), 1);
                Note(Served, (layer, at, rank, expert), 1);
                copies.Add(rank);
                Pairs++;
            }
            if (given.Options.Copies == CopyUnit.Rank)
                copies = [.. copies.Distinct()];
            Out(layer, at, copies);
            if (Coherent && TopOne(row, layer) is { } top)
                at = Nearest(layer, top, at, number);
            Back(layer, at, copies);
            Note(Resident, (layer + 1, at), 1);
        }
    }

    private void Out(int layer, int from, List<int> copies)
    {
        foreach (var rank in copies)
        {
            switch (given.Options.AllToAll)
            {
                case AllToAllAlgorithm.Flat:
                    Send("dispatch", layer, 0, from, rank);
                    break;
                case AllToAllAlgorithm.Hierarchical:
                    var gatherer = Rank(Node(from), rank % perNode);
                    Send("dispatch", layer, 0, from, gatherer);
                    Send("dispatch", layer, 1, gatherer, rank);
                    break;
                default:
                    Send("dispatch", layer, 0, Node(rank) == Node(from) ? from : Rank(Node(rank), from % perNode), rank);
                    break;
            }
        }
        if (given.Options.AllToAll == AllToAllAlgorithm.NodeDeduplicated)
            foreach (var node in copies.Select(Node).Distinct().Where(node => node != Node(from)))
                Send("dispatch", layer, 0, from, Rank(node, from % perNode));
    }

    private void Back(int layer, int to, List<int> copies)
    {
        foreach (var rank in copies)
        {
            switch (given.Options.AllToAll)
            {
                case AllToAllAlgorithm.Flat:
                    Send("combine", layer, 0, rank, to);
                    break;
                case AllToAllAlgorithm.Hierarchical:
                    var deliverer = Rank(Node(to), rank % perNode);
                    Send("combine", layer, 0, rank, deliverer);
                    Send("combine", layer, 1, deliverer, to);
                    break;
                default:
                    Send("combine", layer, 0, rank, Node(rank) == Node(to) ? to : Rank(Node(rank), to % perNode));
                    break;
            }
        }
        if (given.Options.AllToAll == AllToAllAlgorithm.NodeDeduplicated)
            foreach (var node in copies.Select(Node).Distinct().Where(node => node != Node(to)))
                Send("combine", layer, 0, Rank(node, to % perNode), to);
    }

    private void Gather()
    {
        var alive = Enumerable.Range(0, ranks).Where(rank => !given.Options.LostRanks.Contains(rank)).ToList();
        for (var hidden = 0; hidden < given.Model.HiddenLayers; hidden++)
        {
            // Attention of an MoE layer runs before it, of a dense layer wherever the MoE layers below left the tokens.
            var position = given.Model.MoeLayerIds.Count(id => id < hidden);
            foreach (var from in alive)
                foreach (var to in alive.Where(to => to != from))
                    Note(
                        Bytes, ("context", 0, 0, from, to),
                        Resident.GetValueOrDefault((position, from)) * given.Options.ContextBytesPerTokenLayer);
        }
    }

    /// <summary>The replicas that take turns for the tokens of a rank.</summary>
    internal List<int> Nearest(int layer, int expert, int source)
    {
        var slots = given.Placement.ToSlots()[layer];
        var all = Enumerable.Range(0, ranks).Where(rank => slots[rank].Contains(expert)).ToList();
        if (all.Contains(source))
            return [source];
        var near = all.Where(rank => Node(rank) == Node(source)).ToList();
        return near.Count > 0 ? near : all;
    }

    private int Nearest(int layer, int expert, int source, int number)
    {
        var among = Nearest(layer, expert, source);
        return among[number % among.Count];
    }

    private IEnumerable<int> Experts(int row, int layer) => given.Rows.Experts
        .Skip((row * given.Model.Layers + layer) * given.Model.TopK).Take(given.Model.TopK)
        .Where(expert => expert != RoutingTrace.NoExpert).Select(expert => (int)expert);

    private int? TopOne(int row, int layer)
    {
        var first = (row * given.Model.Layers + layer) * given.Model.TopK;
        var cells = Enumerable.Range(first, given.Model.TopK).Where(i => given.Rows.Experts[i] != RoutingTrace.NoExpert).ToList();
        if (cells.Count == 0)
            return null;
        return given.Rows.Experts[given.Rows.GateWeights is { } weights ? cells.MaxBy(i => (double)weights[i]) : cells[0]];
    }

    private void Send(string which, int layer, int phase, int from, int to) => Note(
        Bytes, (which, layer, phase, from, to),
        which == "dispatch" ? given.Options.DispatchBytesPerToken : given.Options.CombineBytesPerToken);

    private int Node(int rank) => rank / perNode;

    private int Rank(int node, int index) => node * perNode + index;

    private static void Note<T>(Dictionary<T, long> counts, T key, long more)
        where T : notnull => counts[key] = counts.GetValueOrDefault(key) + more;
}
