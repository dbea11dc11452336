namespace MoEPlace.Results;

/// <summary>A link speed between nodes, and what <c>calibrate</c> made of it.</summary>
/// <param name="Name">For people, for example <c>100 Mbit/s</c>.</param>
/// <param name="StatedBytesPerSecond">What the link was limited to, one direction; null where it was not limited.</param>
/// <param name="MeasuredBytesPerSecond">What exchanges reach over it, one direction of a node's adapter.</param>
/// <param name="Cluster">The cluster that <c>calibrate</c> wrote.</param>
/// <param name="Measurements">What it was fitted to.</param>
public sealed record RealityLink(
    string Name, double? StatedBytesPerSecond, double MeasuredBytesPerSecond, Cluster Cluster, CalibrationMeasurements Measurements);
