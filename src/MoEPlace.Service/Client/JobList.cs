using System.Collections.Immutable;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Service.Client;

/// <summary>All jobs.</summary>
/// <param name="Jobs">By name.</param>
public sealed record JobList(ImmutableArray<JobView> Jobs);
