using System.Collections.Immutable;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Service.Client;

/// <summary>The history of a job.</summary>
/// <param name="Samples">Oldest first.</param>
public sealed record SampleList(ImmutableArray<JobSample> Samples);
