namespace MoEPlace.Benchmarks.Services;

/// <summary>How long requests took.</summary>
internal sealed class Latencies
{
    private readonly List<double> seconds = [];

    /// <summary>Notes one, from when it was due, in seconds.</summary>
    internal void Add(double took)
    {
        lock (seconds)
            seconds.Add(took);
    }

    /// <summary>A line of a table.</summary>
    internal string Describe(string what)
    {
        lock (seconds)
        {
            seconds.Sort();
            return FormattableString.Invariant($"{what,-38}{seconds.Count,9:N0}{At(0.5),10:F2}{At(0.99),10:F2}{At(1),10:F2}");
        }
    }

    /// <summary>The columns of <see cref="Describe"/>.</summary>
    internal static string Columns { get; } = $"{"milliseconds",-38}{"requests",9}{"p50",10}{"p99",10}{"max",10}";

    private double At(double share) =>
        seconds.Count == 0 ? double.NaN : 1e3 * seconds[Math.Clamp((int)Math.Ceiling(share * seconds.Count) - 1, 0, seconds.Count - 1)];
}
