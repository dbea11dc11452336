namespace MoEPlace.Results;

/// <summary>One stream of a rank, or one link.</summary>
/// <param name="Group">What it belongs to, for example <c>rank 3</c> or <c>node 0</c>.</param>
/// <param name="Name">For example <c>compute</c>, <c>inter-node</c>, <c>NIC out</c>.</param>
public sealed record TimelineTrack(string Group, string Name);
