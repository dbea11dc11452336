using MoEPlace.Torch;

namespace MoEPlace.Executor.Gates;

/// <summary>What gates add to the loss of training so that experts are used evenly. Each is one number.</summary>
public static class GateLoss
{
    /// <summary>
    /// Switch's auxiliary loss, n sum of f P over the n experts (Fedus et al. 2021, section 2.2): f is an expert's share of all choices, P
    /// its mean probability. 1 when both are even. Training adds it up over layers, so with k choices and L layers of even use it is L
    /// where that of transformers, which pools the tokens of all layers and does not divide f by k, is k: under one
    /// <c>router_aux_loss_coef</c> ours weighs about L / k times as much.
    /// </summary>
    /// <param name="probabilities">[tokens, n] of all that can be chosen.</param>
    /// <param name="experts">[tokens, choices] ids below n, -1 for none.</param>
    /// <param name="sumOverRanks">As <see cref="GateInput.SumOverRanks"/>: f is then that of the whole batch.</param>
    public static Tensor Balance(Tensor probabilities, Tensor experts, Action<Tensor>? sumOverRanks = null) =>
        (Shares(experts, probabilities.size(1), sumOverRanks) * probabilities.mean(0)).sum() * probabilities.size(1);

    /// <summary>Mean of the squared log of the sum of exponentials of the logits (Zoph et al. 2022, ST-MoE, equation 5).</summary>
    /// <param name="logits">[tokens, n].</param>
    public static Tensor Z(Tensor logits) => logits.logsumexp(-1).square().mean();

    /// <summary>Mean entropy of the probabilities in nats.</summary>
    /// <param name="logits">[tokens, n].</param>
    public static Tensor Entropy(Tensor logits)
    {
        var log = logits.log_softmax(-1);
        return -(log.exp() * log).sum(-1).mean();
    }

    /// <summary>[n] Float32: each one's share of all choices, of all ranks where they share a batch.</summary>
    internal static Tensor Shares(Tensor experts, long n, Action<Tensor>? sumOverRanks)
    {
        var counts = (experts.reshape(-1) + 1).bincount(n + 1).narrow(0, 1, n).to(ScalarType.Float32);
        sumOverRanks?.Invoke(counts);
        return counts / counts.sum().clamp(1, float.MaxValue);
    }

    /// <summary>Balance and z-loss as the options weigh them; null outside training.</summary>
    internal static Tensor? Of(
        GateOptions options, Tensor logits, Tensor probabilities, Tensor experts, Action<Tensor>? sumOverRanks)
    {
        if (!logits.requires_grad)
            return null;
        var balance = Balance(probabilities, experts, sumOverRanks) * options.BalanceCoefficient;
        return options.ZCoefficient == 0 ? balance : balance + Z(logits) * options.ZCoefficient;
    }
}
