using System.Collections.Immutable;

namespace MoEPlace.Simulation.Devices;

/// <summary>A fused MoE kernel for one type of weights. Shares are of the peaks that a device states (its operations are those of bfloat16).</summary>
/// <param name="LaunchMicroseconds">Start-up of the kernels of one layer.</param>
/// <param name="Sharpness">How reading the weights and computing overlap, q in (a^q + b^q)^(1/q): 1 one after the other.</param>
/// <param name="ShareOfMemoryForActivations">Of the memory bandwidth, for what goes in and out of the matrices.</param>
/// <param name="FewTokens">Tiles while there are at most as many tokens as experts.</param>
/// <param name="ManyTokens">Tiles beyond that.</param>
/// <param name="Tuned">Tiles of shapes for which the kernel's authors ship tuned ones.</param>
/// <param name="TunedShapes">Those shapes, as far as they were measured.</param>
/// <param name="Origin">Where the constants come from.</param>
public sealed record ExpertKernelConstants(
    double LaunchMicroseconds,
    double Sharpness,
    double ShareOfMemoryForActivations,
    ExpertKernelTiles FewTokens,
    ExpertKernelTiles ManyTokens,
    ExpertKernelTiles Tuned,
    ImmutableArray<ExpertKernelShape> TunedShapes,
    string Origin);
