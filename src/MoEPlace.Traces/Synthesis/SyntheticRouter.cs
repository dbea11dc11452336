namespace MoEPlace.Traces.Synthesis;

/// <summary>
/// Draws the experts of one token after the other. Each layer orders its experts by popularity; the successor of an expert is the one of
/// the same rank in the next layer, so that following it leaves every load as it is.
/// </summary>
internal sealed class SyntheticRouter
{
    private const int MostTries = 32;
    private const double LeastWeight = 0.05;
    private readonly TraceSynthesisOptions options;
    private readonly AliasTable zipf;
    private readonly ushort[][] popular;
    private readonly ushort[][] rank;
    private readonly bool[] taken;
    private readonly double[] weights;
    private SeedStream random;
    private int domain;

    internal SyntheticRouter(TraceSynthesisOptions options)
    {
        this.options = options;
        var (layers, experts) = (options.Model.Layers, options.Model.Experts);
        zipf = AliasTable.Zipf(experts, options.ZipfExponent);
        // Orders 0 to layers - 1 are common, the next ones belong to domain 0, and so on; a single domain has none of its own.
        var orders = options.Domains == 1 ? 1 : options.Domains + 1;
        popular = [.. Enumerable.Range(0, orders * layers).Select(i => Order(i, experts))];
        rank = [.. popular.Take(layers).Select(Ranks)];
        taken = new bool[experts];
        weights = new double[options.Model.TopK];
        random = new SeedStream(options.Seed, "synthetic routing");
    }

    /// <summary>Starts a sequence: it has a random stream of its own.</summary>
    internal void Begin(int sequence)
    {
        random = new SeedStream(options.Seed, "synthetic routing", sequence);
        domain = sequence % options.Domains;
    }

    /// <summary>Draws a token into a row.</summary>
    internal void Draw(TraceRows rows, int row)
    {
        var (layers, topK) = (options.Model.Layers, options.Model.TopK);
        var experts = rows.Experts.AsSpan(row * layers * topK, layers * topK);
        for (var layer = 0; layer < layers; layer++)
        {
            var before = layer == 0 ? default : experts.Slice((layer - 1) * topK, topK);
            DrawCell(layer, before, experts.Slice(layer * topK, topK));
            if (rows.GateWeights is { } gate)
                DrawWeights(gate.AsSpan((row * layers + layer) * topK, topK));
        }
    }

    private void DrawCell(int layer, ReadOnlySpan<ushort> before, Span<ushort> cell)
    {
        for (var i = 0; i < cell.Length; i++)
        {
            var follows = !before.IsEmpty && random.NextDouble() < options.Affinity;
            var choice = follows ? popular[layer][rank[layer - 1][before[i]]] : DrawFromLoad(layer);
            for (var tries = 1; taken[choice]; tries++)
                choice = tries < MostTries ? DrawFromLoad(layer) : MostPopularLeft(layer);
            taken[choice] = true;
            cell[i] = choice;
        }
        foreach (var choice in cell)
            taken[choice] = false;
    }

    private ushort DrawFromLoad(int layer)
    {
        var own = options.Domains > 1 && random.NextDouble() < options.DomainShare;
        return popular[own ? (domain + 1) * options.Model.Layers + layer : layer][zipf.Draw(random)];
    }

    private ushort MostPopularLeft(int layer)
    {
        foreach (var expert in popular[layer])
            if (!taken[expert])
                return expert;
        throw new InvalidOperationException("A token chose more experts than there are.");
    }

    private void DrawWeights(Span<Half> gate)
    {
        var sum = 0.0;
        for (var i = 0; i < weights.Length; i++)
            sum += weights[i] = LeastWeight + (1 - LeastWeight) * random.NextDouble();
        Array.Sort(weights);
        for (var i = 0; i < gate.Length; i++)
            gate[i] = (Half)(weights[^(i + 1)] / sum);
    }

    private ushort[] Order(int index, int experts)
    {
        var order = new ushort[experts];
        for (var e = 0; e < experts; e++)
            order[e] = (ushort)e;
        new SeedStream(options.Seed, "synthetic popularity", index).Shuffle<ushort>(order);
        return order;
    }

    private static ushort[] Ranks(ushort[] order)
    {
        var ranks = new ushort[order.Length];
        for (var r = 0; r < order.Length; r++)
            ranks[order[r]] = (ushort)r;
        return ranks;
    }
}
