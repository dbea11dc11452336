using System.Text.RegularExpressions;
using MoEPlace.Results;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>Checks all of a scenario that is no setting: names, what is expected, what is published, what is swept.</summary>
internal static partial class ScenarioTextCheck
{
    private const int MostListed = 1_000, MostSwept = 8, LongestText = 4_000;

    /// <summary>Notes everything that is wrong.</summary>
    internal static void Check(ScenarioFile content, InputFaults faults)
    {
        faults.Require(content.Format == ScenarioFile.FormatName, "format", content.Format, $"\"{ScenarioFile.FormatName}\"");
        faults.Require(Name().IsMatch(content.Name ?? ""), "name", content.Name, "1 to 60 small letters, digits and hyphens");
        Text(content.Title, "title", faults);
        Text(content.Question, "question", faults);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (i, variant) in OrNone(content.Variants).Index())
        {
            var sound = Text(variant.Name, $"variants[{i}].name", faults);
            if (sound && faults.Require(!variant.Name.Contains('.', StringComparison.Ordinal) && variant.Name.Length <= 60,
                $"variants[{i}].name", variant.Name, "at most 60 letters, no point"))
                faults.Require(names.Add(variant.Name), $"variants[{i}].name", variant.Name, "each name once");
            Text(variant.Description, $"variants[{i}].description", faults);
        }
        CheckExpectations(content, names, faults);
        CheckPublished(content, names, faults);
        foreach (var (i, assumption) in OrNone(content.Assumptions).Index())
            Text(assumption, $"assumptions[{i}]", faults);
        CheckSweep(content, faults);
    }

    /// <summary>Notes a measure or a variant that is none.</summary>
    internal static void CheckMeasure(MeasureChoice choice, IReadOnlySet<string> names, string field, InputFaults faults)
    {
        faults.Require(
            SimulationMeasure.All.Contains(choice.Measure), field + "measure", choice.Measure, string.Join(", ", SimulationMeasure.All));
        var known = names.Count == 0 ? "the name of a variant" : string.Join(", ", names);
        faults.Require(names.Contains(choice.Variant ?? ""), field + "variant", choice.Variant, known);
        faults.Require(choice.Over is null || names.Contains(choice.Over), field + "over", choice.Over, known);
    }

    private static void CheckExpectations(ScenarioFile content, HashSet<string> names, InputFaults faults)
    {
        faults.Require(OrNone(content.Expect).Length <= MostListed, "expect", OrNone(content.Expect).Length, $"at most {MostListed}");
        foreach (var (i, expected) in OrNone(content.Expect).Index())
        {
            var field = $"expect[{i}].";
            CheckMeasure(new MeasureChoice(expected.Measure, expected.Variant, expected.Over), names, field, faults);
            Text(expected.Why, field + "why", faults);
            faults.Require(expected.Least is not null || expected.Most is not null, field + "least", null, "a number here, or as most");
            faults.Require(double.IsFinite(expected.Least ?? 0), field + "least", expected.Least, "finite");
            faults.Require(double.IsFinite(expected.Most ?? 0), field + "most", expected.Most, "finite");
            faults.Require(!(expected.Least > expected.Most), field + "least", expected.Least, $"at most {expected.Most}, as most says");
        }
    }

    private static void CheckPublished(ScenarioFile content, HashSet<string> names, InputFaults faults)
    {
        faults.Require(
            OrNone(content.Published).Length <= MostListed, "published", OrNone(content.Published).Length, $"at most {MostListed}");
        foreach (var (i, claim) in OrNone(content.Published).Index())
        {
            var field = $"published[{i}].";
            CheckMeasure(claim.Ours, names, field + "ours.", faults);
            faults.Require(double.IsFinite(claim.PublishedValue), field + "publishedValue", claim.PublishedValue, "finite");
            foreach (var (key, text) in new[]
            {
                ("system", claim.System), ("source", claim.Source), ("measure", claim.Measure), ("configuration", claim.Configuration),
                ("published", claim.Published), ("difference", claim.Difference),
            })
                Text(text, field + key, faults);
        }
    }

    private static void CheckSweep(ScenarioFile content, InputFaults faults)
    {
        if (content.Sweep is not { } sweep)
            return;
        faults.Require(sweep.Count <= MostSwept, "sweep", sweep.Count, $"at most {MostSwept} paths");
        foreach (var (path, values) in sweep)
            faults.Require(!values.IsDefaultOrEmpty && values.Length <= MostListed, $"sweep.{path}", values.IsDefault ? null
                : values.Length, $"1 to {MostListed} values");
    }

    private static bool Text(string? text, string field, InputFaults faults) =>
        faults.Require(
            !string.IsNullOrWhiteSpace(text) && text.Length <= LongestText, field, text, $"a text of 1 to {LongestText} letters");

    private static System.Collections.Immutable.ImmutableArray<T> OrNone<T>(System.Collections.Immutable.ImmutableArray<T> list) =>
        list.IsDefault ? [] : list;

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,59}\\z")]
    private static partial Regex Name();
}
