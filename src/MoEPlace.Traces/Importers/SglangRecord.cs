namespace MoEPlace.Traces.Importers;

/// <summary>What one rank recorded of one forward pass.</summary>
/// <param name="Dump">The dump that holds it.</param>
/// <param name="Fields">Its entries.</param>
/// <param name="PassId">Number of the pass, the same on all ranks.</param>
/// <param name="Rank">The rank.</param>
internal sealed record SglangRecord(SglangDump Dump, PickleFields Fields, long PassId, int Rank);
