namespace MoEPlace.Results;

/// <summary>Seconds of the slowest rank over many repeats, after warm-up.</summary>
/// <param name="Median">Half of the repeats took less.</param>
/// <param name="P10">A tenth took less.</param>
/// <param name="P90">A tenth took more.</param>
/// <param name="Repeats">How many there were.</param>
public sealed record MeasuredTime(double Median, double P10, double P90, int Repeats);
