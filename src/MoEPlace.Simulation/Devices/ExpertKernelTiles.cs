namespace MoEPlace.Simulation.Devices;

/// <summary>How a fused MoE kernel cuts its work, and what it reaches so.</summary>
/// <param name="TokensPerTile">The tokens of an expert are padded to a multiple of it.</param>
/// <param name="ShareOfMemory">Of the memory bandwidth, reading weights.</param>
/// <param name="ShareOfFlops">Of the device's operations a second.</param>
public sealed record ExpertKernelTiles(int TokensPerTile, double ShareOfMemory, double ShareOfFlops);
