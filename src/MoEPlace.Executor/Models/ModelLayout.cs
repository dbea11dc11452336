namespace MoEPlace.Executor.Models;

/// <summary>Whose way of naming and shaping tensors a checkpoint follows (<c>model_type</c> of its config.json).</summary>
public enum ModelLayout
{
    /// <summary><c>mixtral</c> (Jiang et al. 2024).</summary>
    Mixtral,

    /// <summary><c>qwen3_moe</c>: norms on each head of queries and keys.</summary>
    Qwen3Moe,

    /// <summary><c>olmoe</c> (Muennighoff et al. 2024): norms on the whole projections of queries and keys.</summary>
    Olmoe,

    /// <summary><c>deepseek_v2</c>: latent attention, shared experts, dense first layers.</summary>
    DeepSeekV2,

    /// <summary><c>deepseek_v3</c>: the same with a sigmoid gate that has a bias of choice and groups.</summary>
    DeepSeekV3,
}
