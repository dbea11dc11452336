using System.Collections.Immutable;

namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>The published measurements that the constants are fitted to.</summary>
/// <param name="Nccl">NCCL's all-to-all within one node.</param>
/// <param name="LowLatency">DeepEP's low-latency kernels.</param>
/// <param name="Normal">DeepEP's normal kernels.</param>
/// <param name="Experts">Fused MoE kernels.</param>
public sealed record Measurements(
    ImmutableArray<NcclRow> Nccl,
    ImmutableArray<DeepEpRow> LowLatency,
    ImmutableArray<DeepEpRow> Normal,
    ImmutableArray<ExpertKernelRow> Experts)
{
    /// <summary>Reads the four tables of a folder.</summary>
    /// <exception cref="InputException">One of them is missing or is not such a table.</exception>
    public static Measurements Read(string folder) => new(
        MeasuredTables.Nccl(Path.Combine(folder, "nccl_alltoall_one_node.csv")),
        MeasuredTables.DeepEpLowLatency(Path.Combine(folder, "deepep_low_latency_h100.csv")),
        MeasuredTables.DeepEpNormal(Path.Combine(folder, "deepep_normal_h100.csv")),
        MeasuredTables.ExpertKernels(Path.Combine(folder, "fused_moe_kernel_h100.csv")));
}
