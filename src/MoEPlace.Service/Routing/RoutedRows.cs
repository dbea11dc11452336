namespace MoEPlace.Service.Routing;

/// <summary>Some routed tokens of a job, in the order in which they ran on one of its ranks.</summary>
/// <param name="Rows">Tokens.</param>
/// <param name="Sequence">[rows] the sequence of each; one sequence comes from one rank.</param>
/// <param name="Position">[rows] its place in the sequence.</param>
/// <param name="Home">[rows] the rank that it lives on.</param>
/// <param name="Phase">[rows] 0 prefill, 1 decode.</param>
/// <param name="Experts">[rows, layers, topK] by falling gate weight; <see cref="Traces.RoutingTrace.NoExpert"/> where there is none.</param>
public sealed record RoutedRows(int Rows, int[] Sequence, int[] Position, ushort[] Home, byte[] Phase, ushort[] Experts);
