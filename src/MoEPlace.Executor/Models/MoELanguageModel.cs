using System.Collections.Immutable;
using MoEPlace.Executor.Gates;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Models;

/// <summary>A decoder-only language model with the experts of one rank; it owns its weights.</summary>
public sealed class MoELanguageModel : IDisposable
{
    private readonly SortedDictionary<string, Tensor> parameters = new(StringComparer.Ordinal);
    private readonly List<ExpertBank> banks = [];
    private readonly RotaryTable rotary;
    private readonly TorchDevice device;
    private readonly Tensor embedding, norm, head;
    private BatchPlan? plan;

    private MoELanguageModel(
        TransformerConfig config, TorchDevice device, WeightSource weight, WeightSource wideWeight, Func<DecoderLayer, ExpertBank> bank)
    {
        (Config, this.device) = (config, device);
        rotary = new RotaryTable(config.Rotary, device);
        try
        {
            embedding = Own(weight)("model.embed_tokens.weight", config.VocabularySize, config.HiddenSize);
            var layers = ImmutableArray.CreateBuilder<DecoderLayer>(config.HiddenLayers);
            for (var i = 0; i < config.HiddenLayers; i++)
                layers.Add(new DecoderLayer(config, i, PlanOf, Own(weight), Own(wideWeight), Own(bank)));
            Layers = layers.ToImmutable();
            norm = Own(weight)("model.norm.weight", config.HiddenSize);
            head = config.TiedHead ? embedding : Own(weight)("lm_head.weight", config.VocabularySize, config.HiddenSize);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What it computes.</summary>
    public TransformerConfig Config { get; }

    /// <summary>Where its weights live.</summary>
    public TorchDevice Device => device;

    /// <summary>Element type of weights and activations.</summary>
    public ScalarType Type => embedding.dtype;

    /// <summary>All layers.</summary>
    public ImmutableArray<DecoderLayer> Layers { get; }

    /// <summary>
    /// Its weights by their names in a checkpoint; the experts of a layer stand together as <c>experts.gate_up_proj</c> and
    /// <c>experts.down_proj</c>.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => parameters;

    /// <summary>Loads what a rank needs: all of the model but the experts, and of those the ones in its slots.</summary>
    /// <param name="checkpoint">The weights; it may be closed afterwards.</param>
    /// <param name="placement">Which experts are whose; null for all experts in their order.</param>
    /// <param name="rank">The rank; it plays no part without a placement.</param>
    /// <param name="device">Where the weights shall live.</param>
    /// <param name="type">Element type of weights and activations; gates are Float32 always.</param>
    /// <param name="spareSlots">
    /// Slots of each layer beyond those of the rank that has the most, so that all ranks have equally many and placements can be applied while
    /// it runs; null for exactly the slots that the placement gives the rank.
    /// </param>
    /// <exception cref="InputException">
    /// The checkpoint does not hold what its configuration says, or the placement is of another model.
    /// </exception>
    public static MoELanguageModel Load(
        Checkpoint checkpoint, ExpertPlacement? placement, RankId rank, TorchDevice device, ScalarType type, int? spareSlots = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var config = checkpoint.Config;
        if (placement is not null)
            CheckPlacement(placement, rank, config);
        ImmutableArray<int> all = [.. Enumerable.Range(0, placement is null ? config.Experts : 0)];
        var model = new MoELanguageModel(config, device, Source(type), Source(ScalarType.Float32), Bank);
        try
        {
            checkpoint.ThrowIfFaulty();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }

        WeightSource Source(ScalarType of) => (name, shape) => checkpoint.Load(name, of, device, shape);

        ExpertBank Bank(DecoderLayer layer)
        {
            ImmutableArray<int> experts = placement is null ? all : [.. placement.ExpertsOn(layer.Ordinal, rank)];
            var slots = placement is not null && spareSlots is { } spare ? placement.MostSlots(layer.Ordinal) + spare : experts.Length;
            return ExpertLoading.Load(checkpoint, layer.Index, experts, slots, type, device);
        }
    }

    /// <summary>Makes one with all experts and random weights in Float32, for training.</summary>
    /// <param name="config">What it shall compute.</param>
    /// <param name="seed">Same seed, same weights.</param>
    /// <param name="device">Where the weights shall live.</param>
    public static MoELanguageModel Initialise(TransformerConfig config, long seed, TorchDevice device)
    {
        ArgumentNullException.ThrowIfNull(config);
        long experts = config.Experts, hidden = config.HiddenSize, width = config.ExpertSize;
        WeightSource draw = (name, shape) => InitialWeights.Draw(name, shape, config.InitialDeviation, seed, device);
        return new MoELanguageModel(config, device, draw, draw, layer =>
        {
            var block = ExpertNames.Block(config, layer.Index);
            return new ExpertBank(
                [.. Enumerable.Range(0, config.Experts)], config.Experts,
                draw(block + ExpertNames.StackedGateUp, experts, 2 * width, hidden),
                draw(block + ExpertNames.StackedDown, experts, hidden, width));
        });
    }

    /// <summary>The rows of the embedding that ids name.</summary>
    /// <returns>[n, H].</returns>
    public Tensor Embed(ImmutableArray<int> ids)
    {
        var wide = new long[ids.Length];
        for (var i = 0; i < wide.Length; i++)
            wide[i] = ids[i];
        return torch.nn.functional.embedding(torch.tensor<long>(wide, device), embedding);
    }

    /// <summary>Logits [n, vocabulary] in Float32 of the residual [n, H] after the last layer.</summary>
    public Tensor Head(Tensor residual) =>
        torch.nn.functional.linear(torch.nn.functional.rms_norm(residual, norm, Config.NormEpsilon), head).to(ScalarType.Float32);

    /// <summary>The whole pass on one rank that holds every expert.</summary>
    /// <param name="batch">The tokens.</param>
    /// <param name="cache">Null when runs are whole sequences.</param>
    /// <param name="observe">
    /// Sees what each gate chose. Without gradients the tensors live as long as the call; with them, as long as the scope around this call.
    /// </param>
    /// <param name="sumOverRanks">As <see cref="GateInput.SumOverRanks"/>.</param>
    /// <returns>Logits [n, vocabulary] in Float32.</returns>
    public Tensor Forward(
        TokenBatch batch, KeyValueCache? cache, Action<LayerId, GateChoice>? observe = null, Action<Tensor>? sumOverRanks = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var residual = Embed(batch.Ids);
        var learns = residual.requires_grad;
        Tensor? carry = null;
        foreach (var layer in Layers)
        {
            using var scope = learns ? null : torch.NewDisposeScope();
            var carried = carry;
            residual = layer.Attend(residual, batch, cache);
            var hidden = layer.Normalise(residual);
            if (layer.IsMoE)
            {
                var choice = layer.Gate!.Choose(new GateInput(layer.Ordinal, hidden, carry, batch, sumOverRanks));
                observe?.Invoke(layer.Ordinal, choice);
                residual = residual + Experts(layer, hidden, choice);
                carry = choice.Carry;
            }
            else
            {
                residual = residual + layer.Dense(hidden);
            }
            if (learns)
                continue;
            residual.MoveToOuterDisposeScope();
            if (carry != carried)
                carry?.MoveToOuterDisposeScope();
        }
        return Head(residual);
    }

    /// <summary>The weights as a checkpoint holds them, every expert by itself; views of <see cref="Parameters"/>.</summary>
    public IEnumerable<(string Name, Tensor Value)> ToCheckpoint()
    {
        foreach (var (name, value) in parameters)
            if (!ExpertNames.IsStacked(name))
                yield return (name, value);
        foreach (var layer in Layers)
            for (var slot = 0; slot < (layer.Experts?.Slots ?? 0); slot++)
            {
                if (layer.Experts!.Experts[slot] < 0)
                    continue;
                var names = ExpertNames.Of(Config, layer.Index, layer.Experts.Experts[slot]);
                var both = layer.Experts.GateUp.select(0, slot);
                yield return (names.Gate, both.narrow(0, 0, Config.ExpertSize));
                yield return (names.Up, both.narrow(0, Config.ExpertSize, Config.ExpertSize));
                yield return (names.Down, layer.Experts.Down.select(0, slot));
            }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        plan?.Dispose();
        rotary.Dispose();
        foreach (var tensor in parameters.Values)
            tensor.Dispose();
        foreach (var bank in banks)
            bank.Dispose();
    }

    private static Tensor Experts(DecoderLayer layer, Tensor hidden, GateChoice choice)
    {
        var output = Routed(layer, hidden, choice);
        if (layer.Gate!.CostFreeOutput(hidden, choice.Experts, choice.Weights) is { } free)
            output = output + free;
        return layer.Shared(hidden) is { } shared ? output + shared : output;
    }

    private static Tensor Routed(DecoderLayer layer, Tensor hidden, GateChoice choice)
    {
        var chosen = choice.Experts.ToArray<long>();
        var choices = layer.Gate!.Choices;
        var (rows, slots, places) = (new int[chosen.Length], new int[chosen.Length], new long[chosen.Length]);
        var pairs = 0;
        for (var i = 0; i < chosen.Length; i++)
            if (chosen[i] >= 0 && chosen[i] < layer.Experts!.LogicalExperts)
                (rows[pairs], slots[pairs], places[pairs++]) = (i / choices, layer.Experts.SlotOf(new ExpertId((int)chosen[i])), i);
        var weights = choice.Weights.reshape(-1);
        if (pairs < chosen.Length)
            weights = weights.index_select(0, torch.tensor<long>(places.AsSpan(0, pairs), hidden.device));
        return layer.Experts!.Forward(hidden, rows.AsSpan(0, pairs), slots.AsSpan(0, pairs), weights);
    }

    private static void CheckPlacement(ExpertPlacement placement, RankId rank, TransformerConfig config)
    {
        var faults = new InputFaults("placement");
        faults.Require(placement.Experts == config.Experts, "experts", placement.Experts, $"{config.Experts}, as {config.Name} has");
        faults.Require(
            placement.MoeLayerIds.AsSpan().SequenceEqual(config.MoeLayerIds.AsSpan()), "moeLayerIds",
            string.Join(", ", placement.MoeLayerIds), $"{string.Join(", ", config.MoeLayerIds)}, as {config.Name} has");
        faults.Require(rank.Value >= 0 && rank.Value < placement.Ranks, "ranks", placement.Ranks, $"more than {rank}, the rank that loads");
        faults.ThrowIfAny();
    }

    // Layers may share a weight: it is made once.
    private WeightSource Own(WeightSource source) => (name, shape) =>
        parameters.TryGetValue(name, out var known) ? known : parameters[name] = source(name, shape).DetachFromDisposeScope();

    private Func<DecoderLayer, ExpertBank> Own(Func<DecoderLayer, ExpertBank> source) => layer =>
    {
        var bank = source(layer);
        banks.Add(bank);
        var block = ExpertNames.Block(Config, layer.Index);
        parameters[block + ExpertNames.StackedGateUp] = bank.GateUp;
        parameters[block + ExpertNames.StackedDown] = bank.Down;
        return bank;
    };

    // The layers of a step ask for the same batch one after another.
    private BatchPlan PlanOf(TokenBatch batch)
    {
        if (plan?.Batch != batch)
        {
            plan?.Dispose();
            plan = null;
            plan = new BatchPlan(batch, rotary, device);
        }
        return plan;
    }
}
