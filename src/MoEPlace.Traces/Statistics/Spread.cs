namespace MoEPlace.Traces.Statistics;

/// <summary>How a figure spreads over the layers, or over pairs of adjacent layers.</summary>
/// <param name="Least">The least value.</param>
/// <param name="LeastAt">The first layer that has it, by ordinal.</param>
/// <param name="Median">The middle value; between the two middle ones where their number is even.</param>
/// <param name="Mean">The mean.</param>
/// <param name="Most">The greatest value.</param>
/// <param name="MostAt">The first layer that has it, by ordinal.</param>
public sealed record Spread(double Least, int LeastAt, double Median, double Mean, double Most, int MostAt)
{
    /// <summary>The spread of one value per layer.</summary>
    /// <param name="values">At least one.</param>
    internal static Spread Of(double[] values)
    {
        var rising = values.Order().ToArray();
        var (least, most) = (rising[0], rising[^1]);
        var median = (rising[(rising.Length - 1) / 2] + rising[rising.Length / 2]) / 2;
        return new Spread(least, Array.IndexOf(values, least), median, values.Average(), most, Array.IndexOf(values, most));
    }
}
