using System.Globalization;
using MoEPlace.Simulation.Scenarios;

namespace MoEPlace.Cli;

/// <summary>Shows a run of a scenario on standard error.</summary>
/// <param name="line">Where.</param>
internal sealed class ScenarioBar(StatusLine line) : IProgress<ScenarioProgress>
{
    private readonly Lock one = new();

    /// <inheritdoc/>
    public void Report(ScenarioProgress value)
    {
        lock (one)
            line.Show((double)value.Done / value.Variants,
                string.Create(CultureInfo.InvariantCulture, $"simulate: {(double)value.Done / value.Variants,4:P0}, {value.Doing}"));
    }
}
