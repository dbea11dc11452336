using MoEPlace.Torch;

namespace MoEPlace.Executor.Gates;

/// <summary>
/// Distinct experts by lot, all alike in weight (Zuo et al. 2022, THOR, section 3). The lot depends on the seed, the layer, the sequence
/// and the position alone, so it is the same in training, decoding and on any rank.
/// </summary>
public sealed class RandomGate : IGate
{
    private readonly GateOptions options;
    private readonly int experts;

    /// <summary>Makes one.</summary>
    public RandomGate(GateSite site, GateOptions options)
    {
        this.options = options;
        (experts, Choices) = (site.Experts, site.Choices);
    }

    /// <inheritdoc/>
    public int Choices { get; }

    /// <inheritdoc/>
    public int CarryWidth => 0;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> Parameters { get; } = new Dictionary<string, Tensor>();

    /// <inheritdoc/>
    public GateChoice Choose(GateInput input)
    {
        var name = $"random gate {input.Layer.Value}";
        var chosen = new long[input.Batch.Count * Choices];
        for (var token = 0; token < input.Batch.Count; token++)
        {
            var place = ((long)input.Batch.Sequences[token] << 32) | (uint)input.Batch.Positions[token];
            var stream = new SeedStream(options.Seed, name, place);
            var mine = chosen.AsSpan(token * Choices, Choices);
            for (var i = 0; i < mine.Length; i++)
                do
                    mine[i] = stream.Next(experts);
                while (mine[..i].Contains(mine[i]));
        }
        long[] shape = [input.Batch.Count, Choices];
        return new GateChoice(
            torch.tensor<long>(chosen, shape, input.Hidden.device), torch.full(shape, 1.0 / Choices, device: input.Hidden.device));
    }

    /// <inheritdoc/>
    public Tensor? CostFreeOutput(Tensor hidden, Tensor experts, Tensor weights) => null;
}
