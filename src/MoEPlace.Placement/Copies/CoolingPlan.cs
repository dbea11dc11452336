namespace MoEPlace.Placement.Copies;

/// <summary>How a walk cools, and how much load beyond the limits it bears on its way.</summary>
/// <param name="Hot">First temperature, in cost.</param>
/// <param name="Cold">Last temperature.</param>
/// <param name="FirstOverload">(token, expert) pairs beyond the limits that are borne at first.</param>
/// <param name="LastOverload">Those that are borne at the end.</param>
internal readonly record struct CoolingPlan(double Hot, double Cold, double FirstOverload, double LastOverload)
{
    /// <summary>Part of the walk after which no more than the last overload is borne.</summary>
    private const double Settled = 0.7;

    /// <summary>Falls by the same factor in equal parts of the walk.</summary>
    public double Temperature(double progress) => Hot * Math.Pow(Cold / Hot, progress);

    /// <summary>Falls as the square of what is left.</summary>
    public double Overload(double progress)
    {
        var left = Math.Max(0, 1 - progress / Settled);
        return LastOverload + (FirstOverload - LastOverload) * left * left;
    }
}
