using MoEPlace.Reports.Figures;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Reports.Tests;

public sealed class ValidationFigureTests
{
    private const char Nb = '\u00A0';

    [Fact]
    public void A_validation_is_told_warned_of_and_drawn_without_a_complaint_of_vega()
    {
        using var folder = new TemporaryFolder();
        var result = MadeUp.Result(["affinity"]) with { Validation = Validation() };
        Report.Write([result], folder["out"], CancellationToken.None);
        foreach (var figure in new[] { "held-out", "drift", "learning" })
            foreach (var kind in new[] { "svg", "png", "csv" })
                Assert.True(File.Exists(folder[$"out/{figure}.{kind}"]), $"{figure}.{kind}");
        var page = File.ReadAllText(folder[$"out/{Report.PageName}"]);
        Assert.Contains("<strong>Warning:</strong> the gain falls on &lt;b&gt;.", page, StringComparison.Ordinal);
        Assert.Contains("Not validated: phases: none.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Report.Write([MadeUp.Result(["affinity"])], folder["out"], CancellationToken.None);
        Assert.False(File.Exists(folder["out/held-out.png"]));

        Directory.CreateDirectory(folder["jobs"]);
        var jobs = new List<FigureRenderer.Job>();
        foreach (var validation in Shapes())
        {
            var section = MadeUp.Section(result with { Validation = validation });
            jobs.AddRange(ValidationFigures.Draw(section)
                .Select(f => new FigureRenderer.Job($"{jobs.Count} {f.Name}", FigureStyle.Title(f, section.Subtitle), f.Spec!)));
        }
        Assert.Equal("", FigureRenderer.Render(jobs, folder["jobs"], "node", CancellationToken.None));
    }

    [Fact]
    public void Findings_are_told_in_the_fewest_decimals_that_tell_them_apart()
    {
        var validation = Validation();
        Assert.Equal(
            $"On sequences that it has not seen affinity saves 42{Nb}% of contiguous placement’s GPU crossing, 50{Nb}% on those "
                + $"that it has; on <b>, unseen, 5{Nb}%",
            ValidationFindings.HeldOut(validation));
        Assert.Equal(
            $"On <b>, unseen, affinity saves 5{Nb}% of contiguous placement’s GPU crossing, 50{Nb}% on what it has seen",
            ValidationFindings.HeldOut(validation with { Folds = null }));
        Assert.Equal(
            $"Window after window the gain over contiguous placement is 25{Nb}% to 50{Nb}%; "
                + $"solved on the first 25{Nb}% alone, 0{Nb}% to 13{Nb}%",
            ValidationFindings.Drift(validation.Drift!));
        Assert.Equal(
            $"200 tokens are enough: from there on the gain stays within 2{Nb}% of the 50{Nb}% that all 400 give",
            ValidationFindings.Learning(validation.Learning!));
        Assert.Equal(
            $"Only all 200 tokens give the whole gain of 50{Nb}%; 100 give 25{Nb}%",
            ValidationFindings.Learning(LearningCurve.Of(100, 0.8, [new(1, 100, 0.3, 0.6), new(2, 200, 0.3, 0.4)])));
    }

    private static ValidationResult Validation() => new(
        "affinity", "gpuCrossingFraction", 9, 0.5,
        ValidationFolds.Of([Case("fold 1 of 2", 0.45), Case("fold 2 of 2", 0.48)]),
        [Case("a", 0.5) with { Specialised = 0.3 }, Case("<b>", 0.76) with { Specialised = 0.3 }], [],
        new ValidationDrift(0.4, 0.8, 0.25, [new(0, 50, 0.4, 0.7, 0.8), new(70, 50, 0.6, 0.8, 0.8)]),
        LearningCurve.Of(100, 0.8, [new(1, 100, 0.3, 0.6), new(2, 200, 0.3, 0.405), new(4, 400, 0.3, 0.4)]),
        ["phases: none"], ["the gain falls on <b>"]);

    private static ValidationCase Case(string name, double heldOut) => new(name, 1000, 0.4, 0.8, 300, heldOut, 0.8, 1.05, 1.2, 1.6);

    /// <summary>Other measures, one window, no spread, everything zero, more rows than are drawn.</summary>
    private static IEnumerable<ValidationResult> Shapes()
    {
        var one = Validation();
        yield return one;
        yield return one with { Measure = "stepSeconds" };
        yield return one with { Measure = "rankCopiesPerTokenLayer", Drift = one.Drift! with { Windows = one.Drift.Windows[..1] } };
        var nothing = new ValidationCase("nothing", 1, 0, 0, 1, 0, 0, 0, 0, 0);
        yield return one with
        {
            Measure = "imbalanceMean",
            Folds = ValidationFolds.Of([.. Enumerable.Repeat(nothing, 100)]),
            Domains = [],
            Drift = new ValidationDrift(0, 0, 1, [new(0, 1, 0, 0, 0)]),
            Learning = LearningCurve.Of(1, 0, [new(1, 5, 0, 0), new(2, 5, 0, 0)]),
        };
    }
}
