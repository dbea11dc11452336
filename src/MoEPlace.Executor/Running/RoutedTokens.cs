namespace MoEPlace.Executor.Running;

/// <summary>What the gates chose in one step for the tokens that live on one rank; the arrays are whoever's takes them.</summary>
/// <param name="Count">Tokens, 1 or more.</param>
/// <param name="Sequence">[tokens] the sequence of each.</param>
/// <param name="Position">[tokens] its place in the sequence.</param>
/// <param name="Home">[tokens] the rank that it lives on.</param>
/// <param name="Phase">[tokens] 0 prefill, 1 decode.</param>
/// <param name="Experts">
/// [tokens, layers, topK] by falling gate weight; <see cref="Traces.RoutingTrace.NoExpert"/> where there is none, behind all others.
/// </param>
public sealed record RoutedTokens(int Count, int[] Sequence, int[] Position, ushort[] Home, byte[] Phase, ushort[] Experts);
