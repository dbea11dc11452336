using System.Collections.Immutable;

namespace MoEPlace.Executor.Applying;

/// <summary>A part of a migration that is put in force at once.</summary>
/// <param name="Moves">What travels before, in the order in which it does; none where experts are only dropped.</param>
/// <param name="After">The placement that is in force afterwards.</param>
public sealed record MigrationWave(ImmutableArray<ExpertMove> Moves, ExpertPlacement After);
