namespace MoEPlace.Service.Jobs;

/// <summary>What runs a job, and so how a placement reaches it.</summary>
public enum JobEngine
{
    /// <summary>Our own executor: it reports, asks for what is wished, and takes a placement while it runs.</summary>
    Moeplace,

    /// <summary>SGLang: its <c>--init-expert-location</c> file and a webhook that restarts it.</summary>
    Sglang,

    /// <summary>vLLM: its mapping file and a webhook.</summary>
    Vllm,

    /// <summary>vLLM on Ascend: its expert map and a webhook.</summary>
    VllmAscend,

    /// <summary>TensorRT-LLM: its YAML and a webhook.</summary>
    TensorrtLlm,
}
