namespace MoEPlace.Simulation.Devices;

/// <summary>A shape of experts.</summary>
/// <param name="Experts">Of one rank: what the kernel is given.</param>
/// <param name="IntermediateSize">Width of one.</param>
public sealed record ExpertKernelShape(int Experts, int IntermediateSize);
