namespace MoEPlace.Simulation.Devices;

/// <summary>What carries an exchange.</summary>
public enum CollectiveLibrary
{
    /// <summary>Latency and bandwidth of the cluster's links, as the step model has it; what was measured where the cluster has a
    /// calibration.</summary>
    Ideal,

    /// <summary>NCCL's all-to-all: a message to every rank.</summary>
    Nccl,

    /// <summary>DeepEP's low-latency kernels: every (token, expert) pair travels by itself, straight to its rank.</summary>
    DeepEpLowLatency,

    /// <summary>DeepEP's normal kernels: one copy per token and node over the network, then one per rank inside the node.</summary>
    DeepEpNormal,
}
