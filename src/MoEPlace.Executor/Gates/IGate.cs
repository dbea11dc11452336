using MoEPlace.Torch;

namespace MoEPlace.Executor.Gates;

/// <summary>Who picks the experts of a token in one layer.</summary>
public interface IGate
{
    /// <summary>Choices for each token: what a trace calls top-k.</summary>
    public int Choices { get; }

    /// <summary>
    /// Numbers that it hands to the gate of the next layer for each token; they travel with the hidden state. 0 for none.
    /// </summary>
    public int CarryWidth { get; }

    /// <summary>Its weights, by their names in a checkpoint.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters { get; }

    /// <summary>Picks experts for every token.</summary>
    public GateChoice Choose(GateInput input);

    /// <summary>What the chosen experts that cost nothing add (zero, copy, constant experts).</summary>
    /// <param name="hidden">[tokens, H] the hidden states that were given to <see cref="Choose"/>.</param>
    /// <param name="experts">[tokens, choices] as chosen.</param>
    /// <param name="weights">[tokens, choices] as chosen.</param>
    /// <returns>[tokens, H]; null when this gate has no such experts.</returns>
    public Tensor? CostFreeOutput(Tensor hidden, Tensor experts, Tensor weights);
}
