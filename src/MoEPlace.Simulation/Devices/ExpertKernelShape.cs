namespace MoEPlace.Simulation.Devices;

/// <summary>A shape of experts.</summary>
/// <param name="Experts">Of the model.</param>
/// <param name="IntermediateSize">Width of one.</param>
public sealed record ExpertKernelShape(int Experts, int IntermediateSize);
