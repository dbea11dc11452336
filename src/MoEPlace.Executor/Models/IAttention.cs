using MoEPlace.Torch;

namespace MoEPlace.Executor.Models;

/// <summary>Causal self-attention of one layer. Two implementations: grouped queries, and a latent.</summary>
internal interface IAttention
{
    /// <summary>Attends, and puts what is new into the cache.</summary>
    /// <param name="hidden">[n, H] normalised.</param>
    /// <param name="plan">Which tokens they are.</param>
    /// <param name="cache">Null when runs are whole sequences.</param>
    /// <returns>[n, H].</returns>
    internal Tensor Forward(Tensor hidden, BatchPlan plan, KeyValueCache? cache);
}
