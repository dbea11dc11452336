using MoEPlace.Executor.Gates;

namespace MoEPlace.Executor.Running;

/// <summary>What a gate chose for some tokens, on the host.</summary>
/// <param name="Experts">[tokens, choices] as a gate gives them.</param>
/// <param name="Weights">[tokens, choices].</param>
/// <param name="Choices">Choices of a token.</param>
/// <param name="LogicalExperts">Ids from here on cost nothing; below 0 is none.</param>
internal sealed record TokenChoices(int[] Experts, float[] Weights, int Choices, int LogicalExperts)
{
    /// <summary>Tokens.</summary>
    internal int Count => Choices == 0 ? 0 : Experts.Length / Choices;

    /// <summary>Takes a choice from wherever it lives.</summary>
    internal static TokenChoices Of(GateChoice choice, int logicalExperts)
    {
        var experts = choice.Experts.ToArray<long>();
        var narrow = new int[experts.Length];
        for (var i = 0; i < narrow.Length; i++)
            narrow[i] = (int)experts[i];
        return new TokenChoices(narrow, choice.Weights.ToArray<float>(), (int)choice.Experts.size(1), logicalExperts);
    }

    /// <summary>Those of some tokens.</summary>
    internal TokenChoices Pick(int[] tokens)
    {
        var (experts, weights) = (new int[tokens.Length * Choices], new float[tokens.Length * Choices]);
        for (var i = 0; i < tokens.Length; i++)
        {
            Experts.AsSpan(tokens[i] * Choices, Choices).CopyTo(experts.AsSpan(i * Choices));
            Weights.AsSpan(tokens[i] * Choices, Choices).CopyTo(weights.AsSpan(i * Choices));
        }
        return this with { Experts = experts, Weights = weights };
    }

    /// <summary>True for a choice that has weights in some slot.</summary>
    internal bool IsReal(int expert) => (uint)expert < (uint)LogicalExperts;

    /// <summary>
    /// The expert of a token that weighs most, as a trace tells it: weights rounded to 16 bits, the first choice on ties, experts that cost
    /// nothing left out; -1 where there is none.
    /// </summary>
    internal int TopOne(int token)
    {
        var best = -1;
        var most = Half.NegativeInfinity;
        for (var i = token * Choices; i < (token + 1) * Choices; i++)
        {
            var weight = (Half)Weights[i];
            if (IsReal(Experts[i]) && (best < 0 || weight > most))
                (best, most) = (Experts[i], weight);
        }
        return best;
    }
}
