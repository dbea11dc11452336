using System.Collections.Immutable;
using MoEPlace.Results;

namespace MoEPlace.Reports.Simulations;

/// <summary>
/// Where the difference between two steps comes from. A step is what its phases expose, every instant given to one of them, and a rest; so the differences of the phases and of the rest add up to that of the step, exactly.
/// </summary>
/// <param name="Before">The step of the baseline, seconds.</param>
/// <param name="After">The step of the variant, seconds.</param>
/// <param name="Saved">By part of a step, largest amount first: seconds that the variant spends less; negative where it spends more.</param>
internal sealed record StepChange(double Before, double After, ImmutableArray<(string Part, double Seconds)> Saved)
{
    /// <summary>Compares two variants; null when a step was not measured.</summary>
    internal static StepChange? Between(DrawnVariant baseline, DrawnVariant variant)
    {
        if (baseline.Step is not { } before || variant.Step is not { } after)
            return null;
        var (was, becomes) = (Parts(baseline.Result, before), Parts(variant.Result, after));
        var names = was.Select(p => p.Part).Union(becomes.Select(p => p.Part));
        var saved = names.Select(name => (Part: name, Seconds: Of(was, name) - Of(becomes, name)));
        return new StepChange(before, after, [.. saved.OrderByDescending(s => Math.Abs(s.Seconds))]);
    }

    /// <summary>What a step is made of: exposed seconds by part, the rest last. They add up to the step.</summary>
    internal static ImmutableArray<(string Part, double Seconds)> Parts(SimulatedVariant variant, double step)
    {
        var words = StepPhase.Of(variant.Phases.Select(p => p.Phase)).ToDictionary(p => p.Name, p => p.Part, StringComparer.Ordinal);
        var parts = variant.Phases.GroupBy(p => words[p.Phase], StringComparer.Ordinal)
            .Select(g => (g.Key, g.Sum(p => p.ExposedSeconds))).ToArray();
        return [.. parts, (StepPhase.Rest, step - parts.Sum(p => p.Item2))];
    }

    /// <summary>The seconds of one part; 0 where it has none.</summary>
    internal static double Of(IEnumerable<(string Part, double Seconds)> parts, string name) =>
        parts.Where(p => p.Part == name).Sum(p => p.Seconds);
}
