using MoEPlace.Simulation.Kernel;

namespace MoEPlace.Simulation;

/// <summary>Virtual time, or a span of it: whole picoseconds. 64 bits hold 106 days.</summary>
/// <param name="Picoseconds">0 or more for every instant of a simulation.</param>
public readonly record struct SimTime(long Picoseconds) : IComparable<SimTime>
{
    /// <summary>The start.</summary>
    public static SimTime Zero => default;

    /// <summary>Later than anything.</summary>
    public static SimTime Never => new(long.MaxValue);

    /// <summary>The same in seconds.</summary>
    public double Seconds => Picoseconds * 1e-12;

    /// <summary>
    /// A span of seconds, rounded up to the picosecond; what a double cannot tell, 10^-15 of it, does not make a picosecond more.
    /// </summary>
    /// <param name="seconds">0 or more, at most 9,000,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or not a number.</exception>
    /// <exception cref="StoppedModelException">It is longer than a clock holds.</exception>
    public static SimTime FromSeconds(double seconds) =>
        seconds is >= 0 and <= 9e6
            ? new((long)Math.Ceiling(seconds * 1e12 * (1 - 1e-15)))
            : throw (seconds > 0
                ? new StoppedModelException(FormattableString.Invariant($"something takes {seconds:G3} s; a clock holds 9,000,000 s"))
                : new ArgumentOutOfRangeException(nameof(seconds), seconds, "0 to 9,000,000 seconds"));

    /// <summary>The instant a span later.</summary>
    public static SimTime operator +(SimTime time, SimTime span) => new(checked(time.Picoseconds + span.Picoseconds));

    /// <summary>The span between two instants.</summary>
    public static SimTime operator -(SimTime later, SimTime earlier) => new(later.Picoseconds - earlier.Picoseconds);

    /// <summary>Earlier.</summary>
    public static bool operator <(SimTime a, SimTime b) => a.Picoseconds < b.Picoseconds;

    /// <summary>Later.</summary>
    public static bool operator >(SimTime a, SimTime b) => a.Picoseconds > b.Picoseconds;

    /// <summary>Earlier or the same.</summary>
    public static bool operator <=(SimTime a, SimTime b) => a.Picoseconds <= b.Picoseconds;

    /// <summary>Later or the same.</summary>
    public static bool operator >=(SimTime a, SimTime b) => a.Picoseconds >= b.Picoseconds;

    /// <inheritdoc/>
    public int CompareTo(SimTime other) => Picoseconds.CompareTo(other.Picoseconds);

    /// <summary>The later of two.</summary>
    public static SimTime Max(SimTime a, SimTime b) => a > b ? a : b;
}
