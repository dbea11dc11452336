using System.Collections.Immutable;
using MoEPlace.Service.State;

namespace MoEPlace.Service.Client;

/// <summary>Decisions of a job.</summary>
/// <param name="Decisions">The latest first.</param>
public sealed record DecisionList(ImmutableArray<DecisionRow> Decisions);
