namespace MoEPlace.Placement;

/// <summary>One copy of an expert's weights that a rank must receive.</summary>
/// <param name="Layer">The MoE layer, by ordinal.</param>
/// <param name="Expert">The logical expert.</param>
/// <param name="From">The rank that gives the expert up for it; null when none does, and the copy is one replica more.</param>
/// <param name="To">The rank that receives it.</param>
/// <param name="Source">The rank that sends it: a holder under the old placement, <paramref name="From"/> or another.</param>
public sealed record PlacementMove(LayerId Layer, ExpertId Expert, RankId? From, RankId To, RankId Source);
