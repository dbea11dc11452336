using System.Collections.Immutable;
using MoEPlace.Service.Applies;

namespace MoEPlace.Service.Client;

/// <summary>Applies of a job.</summary>
/// <param name="Applies">The latest first.</param>
public sealed record ApplyList(ImmutableArray<Apply> Applies);
