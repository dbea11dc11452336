namespace MoEPlace.Results;

/// <summary>One point of the curve of gain against bytes moved.</summary>
/// <param name="Bytes">Expert weights that travel from the placement in force.</param>
/// <param name="Objective">What the placement that they lead to costs, in the unit of the objective.</param>
public sealed record MigrationPoint(long Bytes, double Objective);
