namespace MoEPlace.Evaluation;

/// <summary>
/// The time of one step in closed form, from what routing comes to per layer and rank. Attention, gate, shared experts and dense
/// layers run where the tokens are, with their weights on every rank (data-parallel attention). All ranks wait for the slowest in
/// every part, and parts follow each other. An unequal rank takes 1 / speed as long for all that it computes. Norms, the embedding, the output head, ids, gate weights and counts are left out.
/// A calibration of the cluster plays no part: only simulations take its times.
/// </summary>
/// <remarks>
/// F = flops and B = memory bytes a second of the device, roofline(flops, bytes) = max(flops / F, bytes / B), h = hidden size, n =
/// tokens at a rank in the step, T = tokens of the step over all ranks, C = context tokens. Every MoE layer costs one kernel launch
/// for attention and one for experts, every dense layer one for both. The methods for a part give it without launches.
/// </remarks>
public sealed class StepModel
{
    private readonly MoEModel model;
    private readonly ModelDimensions dimensions;
    private readonly Cluster cluster;
    private readonly EvaluationOptions options;
    private readonly int[] denseLayersAt;
    private readonly double launchSeconds;
    private readonly double[] slowness;

    /// <summary>Makes the model of a step.</summary>
    /// <param name="model">The model, with its dimensions.</param>
    /// <param name="cluster">Device and links.</param>
    /// <param name="options">Tokens, phase and context of the step; residency.</param>
    /// <exception cref="ArgumentException">The model has no dimensions.</exception>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public StepModel(MoEModel model, Cluster cluster, EvaluationOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        dimensions = model.Dimensions ?? throw new ArgumentException("A step takes a model with dimensions.", nameof(model));
        (this.model, this.cluster, this.options) = (model, cluster, options);
        launchSeconds = cluster.Device.KernelLaunchNanoseconds * 1e-9;
        slowness = new double[cluster.Ranks];
        for (var rank = 0; rank < slowness.Length; rank++)
            slowness[rank] = 1 / cluster.SpeedOf(new RankId(rank));
        denseLayersAt = new int[model.Layers + 1];
        for (var position = 0; position <= model.Layers; position++)
        {
            var from = position == 0 ? 0 : model.MoeLayerIds[position - 1] + 1;
            denseLayersAt[position] = (position == model.Layers ? model.HiddenLayers : model.MoeLayerIds[position]) - from;
        }
    }

    /// <summary>
    /// The chance that a step reads the weights of a physical expert: 1 - (1 - q)^T, q = share of the tokens that it serves. Tokens
    /// of a step are taken to choose independently.
    /// </summary>
    /// <param name="pairs">Tokens that the physical expert served.</param>
    /// <param name="tokens">Tokens that were counted, above 0.</param>
    public double ActivatedShare(double pairs, double tokens) => 1 - Math.Pow(1 - Math.Min(1, pairs / tokens), options.TokensPerStep);

    /// <summary>
    /// The routed experts of one rank in one layer: roofline(2 m h f x pairs, expert bytes x activated), f = expert width, m = its matrices.
    /// </summary>
    /// <param name="pairs">(token, expert) pairs of the step on this rank.</param>
    /// <param name="activatedExperts">Experts whose weights are read.</param>
    public double ExpertSeconds(double pairs, double activatedExperts) =>
        Roofline(
            2.0 * dimensions.MatricesPerExpert * dimensions.HiddenSize * dimensions.ExpertIntermediateSize * pairs,
            dimensions.ExpertBytes * activatedExperts);

    /// <summary>
    /// A dispatch or a combine. Ports are full-duplex and both tiers run at once: max over tiers of (latency + h bytes x copies /
    /// bandwidth); a tier on which nothing travels costs nothing.
    /// </summary>
    /// <param name="intraNodeCopies">Hidden states of the step in one direction through the busiest port inside a node.</param>
    /// <param name="interNodeCopies">The same between nodes.</param>
    public double ExchangeSeconds(double intraNodeCopies, double interNodeCopies) => Math.Max(
        TierSeconds(cluster.IntraNode, intraNodeCopies * dimensions.HiddenStateBytes),
        TierSeconds(cluster.InterNode, interNodeCopies * dimensions.HiddenStateBytes));

    /// <summary>
    /// The attention of one layer on one rank: projections, roofline(2 P n, P bytes) with P = their parameters, then the core. Core in
    /// decode: roofline(n C x a, n C x cached bytes), a = flops for a pair of tokens: 2 heads (query + value width), and with latent
    /// attention 2 heads (2 latent + rotary). Core in prefill: roofline(n (C + 1) / 2 x a, n x cached bytes), with expanded heads.
    /// Every layer attends over the whole context.
    /// </summary>
    /// <param name="tokens">Tokens of the step on this rank.</param>
    public double AttentionSeconds(double tokens)
    {
        var d = dimensions;
        var decode = options.Phase == ServingPhase.Decode;
        var width = decode && d.KeyValueLatentSize > 0
            ? 2.0 * d.KeyValueLatentSize + d.RotaryHeadSize
            : (double)d.HeadSize + (d.KeyValueLatentSize > 0 ? d.RotaryHeadSize : 0) + d.ValueHeadSize;
        var attended = decode ? options.ContextTokens : (options.ContextTokens + 1) / 2.0;
        var read = decode ? options.ContextTokens : 1.0;
        return Dense(tokens, d.AttentionParametersPerLayer)
            + Roofline(tokens * attended * 2 * d.AttentionHeads * width, tokens * read * d.KeyValueBytesPerTokenLayer);
    }

    /// <summary>The gate of one layer on one rank: roofline(2 h E n, h E parameters), E = experts.</summary>
    /// <param name="tokens">Tokens of the step on this rank.</param>
    public double GateSeconds(double tokens) => Dense(tokens, (long)dimensions.HiddenSize * model.Experts);

    /// <summary>The shared experts of one layer on one rank: as many matrices of h x their summed width as an expert has; 0 without.</summary>
    /// <param name="tokens">Tokens of the step on this rank.</param>
    public double SharedExpertSeconds(double tokens) =>
        Dense(tokens, (long)dimensions.MatricesPerExpert * dimensions.HiddenSize * dimensions.SharedIntermediateSize);

    /// <summary>The MLP of a layer that is not MoE: as many matrices of h x its width as an expert has.</summary>
    /// <param name="tokens">Tokens of the step on this rank.</param>
    public double DenseSeconds(double tokens) =>
        Dense(tokens, (long)dimensions.MatricesPerExpert * dimensions.HiddenSize * dimensions.DenseIntermediateSize);

    /// <summary>Layers that are not MoE between two MoE layers.</summary>
    /// <param name="position">0 to layers: before the MoE layer of that ordinal; layers: after the last.</param>
    public int DenseLayersAt(int position) => denseLayersAt[position];

    /// <summary>Parameters that every rank holds: all but the routed experts.</summary>
    public double ReplicatedParameters
    {
        get
        {
            double hidden = dimensions.HiddenSize;
            return (double)model.HiddenLayers * dimensions.AttentionParametersPerLayer
                + model.Layers * hidden * ((double)dimensions.MatricesPerExpert * dimensions.SharedIntermediateSize + model.Experts)
                + (model.HiddenLayers - model.Layers) * hidden * (double)dimensions.MatricesPerExpert * dimensions.DenseIntermediateSize
                + 2.0 * dimensions.VocabularySize * hidden;
        }
    }

    /// <summary>One MoE layer.</summary>
    /// <param name="aggregates">Counted tokens; they are scaled to those of the step.</param>
    /// <param name="layer">The layer.</param>
    public StepBreakdown Layer(StepAggregates aggregates, LayerId layer)
    {
        ArgumentNullException.ThrowIfNull(aggregates);
        var scale = options.TokensPerStep / aggregates.Tokens;
        var (begin, ranks) = (layer.Value * aggregates.Ranks, aggregates.Ranks);
        double attention = 0, compute = 0, shared = 0;
        for (var rank = 0; rank < ranks; rank++)
        {
            var before = scale * aggregates.ResidentTokens[begin + rank];
            var after = scale * aggregates.ResidentTokens[begin + ranks + rank];
            var experts = ExpertSeconds(scale * aggregates.ExpertPairs[begin + rank], aggregates.ActivatedExperts[begin + rank]);
            attention = Math.Max(attention, slowness[rank] * (AttentionSeconds(before) + GateSeconds(before)));
            compute = Math.Max(compute, slowness[rank] * experts);
            shared = Math.Max(shared, slowness[rank] * SharedExpertSeconds(after));
        }
        return new StepBreakdown(
            launchSeconds + attention, Exchange(aggregates.Dispatch), launchSeconds + compute, Exchange(aggregates.Combine), shared, 0, 0);

        double Exchange(ExchangeCopies copies) => ExchangeSeconds(
            scale * Math.Max(Most(copies.TokenSideIntraNode.AsSpan(begin, ranks)), Most(copies.ExpertSideIntraNode.AsSpan(begin, ranks))),
            scale * Math.Max(Most(copies.TokenSideInterNode.AsSpan(begin, ranks)), Most(copies.ExpertSideInterNode.AsSpan(begin, ranks))));
    }

    /// <summary>A whole step: every MoE layer, the dense layers, and under residency coherent the gathering of the context.</summary>
    /// <exception cref="ArgumentException">The aggregates are of another shape.</exception>
    public StepBreakdown Step(StepAggregates aggregates)
    {
        ArgumentNullException.ThrowIfNull(aggregates);
        if (aggregates.Layers != model.Layers || aggregates.Ranks != cluster.Ranks || !(aggregates.Tokens > 0))
        {
            throw new ArgumentException(
                $"{aggregates.Layers} layers x {aggregates.Ranks} ranks, {aggregates.Tokens} tokens", nameof(aggregates));
        }
        var (ranks, scale) = (aggregates.Ranks, options.TokensPerStep / aggregates.Tokens);
        double attention = 0, dense = 0;
        for (var position = 0; position <= model.Layers; position++)
        {
            double slowestAttention = 0, slowestDense = 0;
            for (var rank = 0; denseLayersAt[position] > 0 && rank < ranks; rank++)
            {
                var tokens = scale * aggregates.ResidentTokens[position * ranks + rank];
                slowestAttention = Math.Max(slowestAttention, slowness[rank] * AttentionSeconds(tokens));
                slowestDense = Math.Max(slowestDense, slowness[rank] * DenseSeconds(tokens));
            }
            attention += denseLayersAt[position] * (launchSeconds + slowestAttention);
            dense += denseLayersAt[position] * slowestDense;
        }
        var step = new StepBreakdown(attention, 0, 0, 0, 0, dense, ContextSeconds(aggregates));
        for (var layer = 0; layer < model.Layers; layer++)
            step = step.Plus(Layer(aggregates, new LayerId(layer)));
        return step;
    }

    /// <summary>
    /// The fullest rank: its experts (replicas included), all other weights, and keys and values. Of these a step holds T x C (decode)
    /// or T rounded up to whole prompts of C (prefill); under residency coherent every rank holds them all, else its share.
    /// </summary>
    /// <param name="placement">The map.</param>
    /// <param name="homeShare">[ranks] share of the tokens that live on each rank, 0 to 1.</param>
    public long MemoryBytesPerRank(ExpertPlacement placement, ReadOnlySpan<double> homeShare)
    {
        ArgumentNullException.ThrowIfNull(placement);
        ArgumentOutOfRangeException.ThrowIfNotEqual(homeShare.Length, placement.Ranks);
        var cacheBytes = CacheBytes();
        double most = 0;
        for (var rank = 0; rank < placement.Ranks; rank++)
        {
            long experts = 0;
            for (var layer = 0; layer < placement.Layers; layer++)
                experts += placement.ExpertsOn(new LayerId(layer), new RankId(rank)).Length;
            var share = options.Residency == Residency.Coherent ? 1 : homeShare[rank];
            most = Math.Max(most, (double)experts * dimensions.ExpertBytes + Math.Ceiling(share * cacheBytes));
        }
        return (long)Math.Ceiling(most + ReplicatedParameters * dimensions.BytesPerParameter);
    }

    /// <summary>
    /// Experts per layer that the memory of a rank has room for, beside all other weights and an even share of keys and values (all of
    /// them under residency coherent); 0 or more.
    /// </summary>
    /// <param name="rank">The rank.</param>
    public long SlotsThatFit(RankId rank)
    {
        var share = options.Residency == Residency.Coherent ? 1 : 1.0 / cluster.Ranks;
        var free = cluster.MemoryBytesOf(rank) - ReplicatedParameters * dimensions.BytesPerParameter - Math.Ceiling(share * CacheBytes());
        return Math.Max(0, (long)Math.Floor(free / ((double)dimensions.ExpertBytes * model.Layers)));
    }

    private double CacheBytes()
    {
        double context = options.ContextTokens, tokens = options.TokensPerStep;
        var cached = options.Phase == ServingPhase.Decode ? tokens * context : Math.Ceiling(tokens / context) * context;
        return cached * model.HiddenLayers * dimensions.KeyValueBytesPerTokenLayer;
    }

    // Each rank sends what its tokens added in every layer to every other rank, once a step; both tiers run at once.
    private double ContextSeconds(StepAggregates aggregates)
    {
        if (options.Residency != Residency.Coherent)
            return 0;
        var (ranks, perNode) = (aggregates.Ranks, cluster.RanksPerNode);
        var own = new double[ranks];
        var node = new double[cluster.Nodes];
        for (var position = 0; position <= model.Layers; position++)
        {
            var layersHere = denseLayersAt[position] + (position < model.Layers ? 1 : 0);
            for (var rank = 0; rank < ranks; rank++)
            {
                var added = layersHere * aggregates.ResidentTokens[position * ranks + rank];
                own[rank] += added;
                node[rank / perNode] += added;
            }
        }
        var all = aggregates.Tokens * model.HiddenLayers;
        double intraNode = 0, interNode = 0;
        for (var rank = 0; rank < ranks; rank++)
        {
            intraNode = Math.Max(intraNode, Math.Max(own[rank] * (perNode - 1), node[rank / perNode] - own[rank]));
            interNode = Math.Max(interNode, Math.Max(own[rank] * (ranks - perNode), all - node[rank / perNode]));
        }
        var bytes = options.TokensPerStep / aggregates.Tokens * dimensions.KeyValueBytesPerTokenLayer;
        return Math.Max(TierSeconds(cluster.IntraNode, intraNode * bytes), TierSeconds(cluster.InterNode, interNode * bytes));
    }

    private double Dense(double tokens, double parameters) => Roofline(2 * parameters * tokens, parameters * dimensions.BytesPerParameter);

    private double Roofline(double flops, double bytes) =>
        Math.Max(flops / cluster.Device.FlopsPerSecond, bytes / cluster.Device.MemoryBandwidthBytesPerSecond);

    private static double TierSeconds(Link link, double bytes) =>
        bytes > 0 ? link.LatencyNanoseconds * 1e-9 + bytes / link.BandwidthBytesPerSecond : 0;

    private static double Most(ReadOnlySpan<double> values)
    {
        double most = 0;
        foreach (var value in values)
            most = Math.Max(most, value);
        return most;
    }
}
